import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineClient } from '../../src/docker/client/engine-client.js';
import { FakeServer, type FakeAnswer } from '../support/fake-server.js';

const VERSION = { ApiVersion: '1.41', Version: '20.10.24', Os: 'linux', Arch: 'amd64' };

/** An engine that runs commands. Each inspection of one returns the next of `told`; the last repeats. */
async function anEngine(
  start: FakeAnswer,
  told: readonly { Running: boolean; ExitCode: number | null }[],
): Promise<{ engine: EngineClient; server: FakeServer }> {
  let inspections = 0;
  const server = await FakeServer.start(({ url }) => {
    if (url === '/version') return json(200, VERSION);
    if (url.endsWith('/containers/web/exec')) return json(201, { Id: 'command' });
    if (url.endsWith('/exec/command/start')) return start;
    const shown = told[Math.min(inspections++, told.length - 1)];
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
  it('ends with the exit code that the engine reports', async () => {
    const { engine } = await anEngine({ status: 200 }, [{ Running: false, ExitCode: 3 }]);
    expect(await engine.exec('web', COMMAND, 1_000)).toBe(3);
  });

  it('counts even if the answer to its start was lost', async () => {
    const { engine, server } = await anEngine('cut', [
      { Running: true, ExitCode: null },
      { Running: false, ExitCode: 0 },
    ]);
    expect(await engine.exec('web', COMMAND, 1_000)).toBe(0);
    expect(server.log.filter((line) => line.endsWith('/exec/command/json'))).toHaveLength(2);
  });

  it('that takes too long is reported as such, not as an unreachable engine', async () => {
    const { engine } = await anEngine('hang', [{ Running: true, ExitCode: null }]);
    await expect(engine.exec('web', COMMAND, 200)).rejects.toMatchObject({
      isUnreachable: false,
      message: expect.stringContaining('did not end in time') as string,
    });
  });

  it.each([200, 10_000])(
    'that never began is reported as lost, with a deadline of %i ms',
    async (deadlineMs) => {
      const { engine } = await anEngine('cut', [{ Running: false, ExitCode: null }]);
      await expect(engine.exec('web', COMMAND, deadlineMs)).rejects.toMatchObject({
        isUnreachable: true,
      });
    },
  );
});

describe('a command with its output', () => {
  const run = (engine: EngineClient, signal: AbortSignal) =>
    engine.hooks.execute('web', COMMAND, () => undefined, signal);

  it('counts even if the answer to its start was lost', async () => {
    const { engine } = await anEngine('cut', [{ Running: false, ExitCode: 4 }]);
    expect(await run(engine, new AbortController().signal)).toBe(4);
  });

  it('that never began is reported as lost', async () => {
    const { engine } = await anEngine('cut', [{ Running: false, ExitCode: null }]);
    await expect(run(engine, new AbortController().signal)).rejects.toMatchObject({
      isUnreachable: true,
    });
  });

  it('is waited for until its signal aborts', async () => {
    const { engine } = await anEngine({ status: 200 }, [{ Running: true, ExitCode: null }]);
    const reason = new Error('it took too long');
    const caller = new AbortController();
    setTimeout(() => {
      caller.abort(reason);
    }, 200);
    await expect(run(engine, caller.signal)).rejects.toBe(reason);
  });
});
