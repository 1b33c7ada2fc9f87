import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineConnection } from './engine-connection.js';
import { OutputLines } from './output-lines.js';

/** Between two looks at a command whose output has ended, in milliseconds. */
const LOOK_PAUSE_MS = 50;

/** What only hooks ask of an engine. Every method throws EngineError. */
export class EngineExec {
  constructor(private readonly connection: EngineConnection) {}

  /**
   * Executes a command in a running container and returns its exit code.
   * @param onLine Called with each line that it writes.
   * @param signal Ends the wait, not the command: an engine knows no way to end one.
   * @throws the signal's reason, or EngineError, when it aborts.
   */
  async execute(
    id: string,
    command: readonly string[],
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<number> {
    const doing = `execute a command in ${id}`;
    const { Id: exec } = await this.connection.request<{ Id: string }>({
      doing,
      method: 'POST',
      path: `/containers/${id}/exec`,
      body: { Cmd: command, AttachStdout: true, AttachStderr: true },
      signal,
    });
    const output = await this.connection.stream({
      doing,
      method: 'POST',
      path: `/exec/${exec}/start`,
      body: { Detach: false, Tty: false },
      signal,
    });
    await readLines(output, onLine);
    for (;;) {
      signal.throwIfAborted();
      const { Running: isRunning, ExitCode: exitCode } = await this.connection.request<{
        Running: boolean;
        ExitCode: number | null;
      }>({ doing, method: 'GET', path: `/exec/${exec}/json`, signal });
      if (exitCode !== null && !isRunning) return exitCode;
      await pause(LOOK_PAUSE_MS);
    }
  }

  /** Calls `onLine` with each line that a container writes, from its first, until it ends or the signal aborts. */
  async follow(id: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const output = await this.connection.stream({
      doing: `follow the log of ${id}`,
      method: 'GET',
      path: `/containers/${id}/logs`,
      query: { stdout: true, stderr: true, follow: true },
      signal,
    });
    await readLines(output, onLine);
  }

  /** Ends a container at once and removes it, with the volumes that were made for it alone. One that is gone is no error. */
  async remove(id: string): Promise<void> {
    const request = {
      doing: `remove ${id}`,
      method: 'DELETE',
      path: `/containers/${id}`,
      query: { force: true, v: true },
    } as const;
    await this.connection.ensure(request, 404);
  }
}

/** Reads until the stream ends, is cut or is ended by its signal. */
async function readLines(output: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = new OutputLines(onLine);
  await new Promise<void>((resolve) => {
    const done = (): void => {
      resolve();
    };
    output
      .on('data', (bytes: Buffer) => {
        lines.take(bytes);
      })
      .on('end', done)
      .on('close', done)
      .on('error', done);
  });
  lines.end();
}
