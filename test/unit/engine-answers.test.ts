import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineClient } from '../../src/docker/client/engine-client.js';
import { FakeServer, type FakeAnswer } from '../support/fake-server.js';

const VERSION = { ApiVersion: '1.41', Version: '20.10.24', Os: 'linux', Arch: 'amd64' };
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** An engine that reports its version and gives this answer to every other request. */
async function anEngine(answer: FakeAnswer): Promise<EngineClient> {
  const version = JSON.stringify(VERSION);
  const server = await FakeServer.start(({ url }) =>
    url === '/version' ? { status: 200, body: version } : answer,
  );
  onTestFinished(() => server.close());
  return new EngineClient({ name: 'local', host: `tcp://${server.host}`, tls: null });
}

describe('an answer of an engine', () => {
  it.each([200, 500])(
    'with status %i that is cut fails at once',
    async (status) => {
      const engine = await anEngine({ status, body: '{"Id": "4', isCut: true });
      await expect(engine.container('web')).rejects.toMatchObject({ isUnreachable: true });
    },
    2_000,
  );

  it('that does not arrive in time ends a pull', async () => {
    const engine = await anEngine('hang');
    const pull = engine.pull('acme/web', DIGEST, {
      credentials: null,
      platform: null,
      signal: new AbortController().signal,
      stallMs: 100,
    });
    await expect(pull).rejects.toMatchObject({
      message: expect.stringContaining('0.1 s') as string,
    });
  }, 2_000);

  it('may be non-JSON or empty', async () => {
    await expect(
      (await anEngine({ status: 200, body: 'OK' })).ping(1_000),
    ).resolves.toBeUndefined();
    await expect((await anEngine({ status: 204 })).rename('web', 'x')).resolves.toBeUndefined();
  });
});
