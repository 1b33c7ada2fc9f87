import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineConnection } from './engine-connection.js';
import { EngineError } from './engine-error.js';
import { OutputLines } from './output-lines.js';

/** Pause between two checks of a command whose end was not reported, in milliseconds. */
const CHECK_PAUSE_MS = 50;
/** A command whose start was not answered counts as never begun if it does not run after this long, in milliseconds. */
const BEGIN_MS = 1_000;

/** How a command is waited for. */
interface Wait {
  readonly onLine: (line: string) => void;
  /** Ends the wait; the engine is asked once more what became of the command. */
  readonly deadline: AbortSignal;
  /** Ends every request at once. */
  readonly signal?: AbortSignal;
}

/** Commands in containers, and the containers of hooks. Every method throws EngineError. */
export class EngineExec {
  constructor(private readonly connection: EngineConnection) {}

  /**
   * Executes a command in a running container and returns its exit code.
   * @param onLine Called with each line of its output.
   * @param signal Ends the wait, not the command: the Engine API cannot end one.
   * @throws the signal's reason when it aborts.
   */
  async execute(
    id: string,
    command: readonly string[],
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<number> {
    try {
      return await this.run(id, command, { onLine, deadline: signal, signal });
    } catch (error) {
      // It may have cut a request off.
      signal.throwIfAborted();
      throw error;
    }
  }

  /**
   * As {@link execute}, but discards the output.
   * @throws EngineError with status 408 if the command does not end within `deadlineMs`.
   */
  async executeWithin(id: string, command: readonly string[], deadlineMs: number): Promise<number> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new EngineError(`cannot ${doingOf(id)}: it did not end in time`, 408));
    }, deadlineMs);
    try {
      return await this.run(id, command, { onLine: () => undefined, deadline: late.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Calls `onLine` with each line of a container's output, from the first, until it ends or the signal aborts. */
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

  /** Kills a container and removes it with its anonymous volumes. A missing container is no error. */
  async remove(id: string): Promise<void> {
    const request = {
      doing: `remove ${id}`,
      method: 'DELETE',
      path: `/containers/${id}`,
      query: { force: true, v: true },
    } as const;
    await this.connection.ensure(request, 404);
  }

  private async run(id: string, command: readonly string[], wait: Wait): Promise<number> {
    const { Id: exec } = await this.connection.request<{ Id: string }>({
      doing: doingOf(id),
      method: 'POST',
      path: `/containers/${id}/exec`,
      body: { Cmd: command, AttachStdout: true, AttachStderr: true },
      signal: wait.deadline,
    });
    const lost = await this.start(id, exec, wait);
    return this.exitCodeOf(id, exec, wait, lost);
  }

  /**
   * Starts the command and reads its output to the end.
   * @returns the error that kept the engine's answer from arriving; null if it answered.
   */
  private async start(
    id: string,
    exec: string,
    { onLine, deadline }: Wait,
  ): Promise<EngineError | null> {
    try {
      const output = await this.connection.stream({
        doing: doingOf(id),
        method: 'POST',
        path: `/exec/${exec}/start`,
        body: { Detach: false, Tty: false },
        signal: deadline,
      });
      await readLines(output, onLine);
      return null;
    } catch (error) {
      if (error instanceof EngineError && error.isUnreachable) return error;
      throw error;
    }
  }

  /** Asks until the command has ended: its output may be cut, and the answer to its start may be lost. */
  private async exitCodeOf(
    id: string,
    exec: string,
    { deadline, signal }: Wait,
    lost: EngineError | null,
  ): Promise<number> {
    const begunBy = performance.now() + BEGIN_MS;
    for (;;) {
      const { Running: isRunning, ExitCode: exitCode } = await this.connection.request<{
        Running: boolean;
        ExitCode: number | null;
      }>({
        doing: doingOf(id),
        method: 'GET',
        path: `/exec/${exec}/json`,
        ...(signal === undefined ? {} : { signal }),
      });
      if (exitCode !== null && !isRunning) return exitCode;
      const isOver = deadline.aborted || performance.now() >= begunBy;
      if (lost !== null && !isRunning && isOver) throw lost;
      deadline.throwIfAborted();
      await pause(CHECK_PAUSE_MS);
    }
  }
}

function doingOf(id: string): string {
  return `execute a command in ${id}`;
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
