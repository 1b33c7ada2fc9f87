import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineClient } from '../../src/docker/client/engine-client.js';
import { FakeServer, type FakeAnswer } from '../support/fake-server.js';

const VERSION = { ApiVersion: '1.41', Version: '20.10.24', Os: 'linux', Arch: 'amd64' };

/** An engine that runs commands; what it tells of one is the last of `told` once those before were told. */
async function anEngine(
  start: FakeAnswer,
  told: readonly { Running: boolean; ExitCode: number | null }[],
): Promise<{ engine: EngineClient; server: FakeServer }> {
  let looks = 0;
  const server = await FakeServer.start(({ url }) => {
    if (url === '/version') return json(200, VERSION);
    if (url.endsWith('/containers/web/exec')) return json(201, { Id: 'command' });
    if (url.endsWith('/exec/command/start')) return start;
    const shown = told[Math.min(looks++, told.length - 1)];
    return json(200, shown);
  });
  onTestFinished(() => server.close());
  const engine = new EngineClient({ name: 'local', host: `tcp://${server.host}`, tls: null });
  return { engine, server };
}

function json(status: number, body: unknown): FakeAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

const COMMAND = ['/bin/true'];

describe('a command in a container', () => {
  it('ends with the exit code that the engine tells', async () => {
    const { engine } = await anEngine({ status: 200 }, [{ Running: false, ExitCode: 3 }]);
    expect(await engine.exec('web', COMMAND, 1_000)).toBe(3);
  });

  it('counts although the answer to its start was lost', async () => {
    const { engine, server } = await anEngine('cut', [
      { Running: true, ExitCode: null },
      { Running: false, ExitCode: 0 },
    ]);
    expect(await engine.exec('web', COMMAND, 1_000)).toBe(0);
    expect(server.log.filter((line) => line.endsWith('/exec/command/json'))).toHaveLength(2);
  });

  it('is told to have lasted too long, which is no silence of the engine', async () => {
    const { engine } = await anEngine('hang', [{ Running: true, ExitCode: null }]);
    await expect(engine.exec('web', COMMAND, 200)).rejects.toMatchObject({
      isUnreachable: false,
      message: expect.stringContaining('did not end in time') as string,
    });
  });

  it('is told to have been lost where it never began', async () => {
    const { engine } = await anEngine('cut', [{ Running: false, ExitCode: null }]);
    await expect(engine.exec('web', COMMAND, 1_000)).rejects.toMatchObject({ isUnreachable: true });
  });
});
