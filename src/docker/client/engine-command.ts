import { setTimeout as pause } from 'node:timers/promises';
import type { EngineConnection } from './engine-connection.js';
import { EngineError } from './engine-error.js';

/** Between two looks at a command whose end was not told, in milliseconds. */
const LOOK_PAUSE_MS = 50;

/**
 * Runs a command in a running container and returns its exit code. Its output is thrown away. The engine's answer
 * to the start ends with the command; where it is lost, the engine is asked what became of it.
 * @throws EngineError with status 408 where the command does not end within `deadlineMs`.
 */
export async function runCommand(
  connection: EngineConnection,
  id: string,
  command: readonly string[],
  deadlineMs: number,
): Promise<number> {
  const doing = `run a command in ${id}`;
  const deadline = performance.now() + deadlineMs;
  const { Id: exec } = await connection.request<{ Id: string }>({
    doing,
    method: 'POST',
    path: `/containers/${id}/exec`,
    body: { Cmd: command, AttachStdout: true, AttachStderr: true },
    deadlineMs,
  });
  const lost = await startCommand(connection, doing, exec, deadlineMs);
  for (;;) {
    const { Running: isRunning, ExitCode: exitCode } = await connection.request<{
      Running: boolean;
      ExitCode: number | null;
    }>({ doing, method: 'GET', path: `/exec/${exec}/json` });
    if (exitCode !== null && !isRunning) return exitCode;
    if (performance.now() >= deadline) {
      if (lost !== null && !isRunning) throw lost;
      throw new EngineError(`cannot ${doing}: it did not end in time`, 408);
    }
    await pause(LOOK_PAUSE_MS);
  }
}

/** @returns what kept the answer from coming; null where it came. */
async function startCommand(
  connection: EngineConnection,
  doing: string,
  exec: string,
  deadlineMs: number,
): Promise<EngineError | null> {
  try {
    await connection.request({
      doing,
      method: 'POST',
      path: `/exec/${exec}/start`,
      body: { Detach: false, Tty: false },
      deadlineMs,
    });
    return null;
  } catch (error) {
    if (error instanceof EngineError && error.isUnreachable) return error;
    throw error;
  }
}
