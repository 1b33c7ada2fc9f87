import type { EngineConnection } from './engine-connection.js';
import { EngineError } from './engine-error.js';

/** Runs a command in a running container and returns its exit code. Its output is thrown away. @throws EngineError */
export async function runCommand(
  connection: EngineConnection,
  id: string,
  command: readonly string[],
  deadlineMs: number,
): Promise<number> {
  const doing = `run a command in ${id}`;
  const exec = await connection.request<{ Id: string }>({
    doing,
    method: 'POST',
    path: `/containers/${id}/exec`,
    body: { Cmd: command, AttachStdout: true, AttachStderr: true },
    deadlineMs,
  });
  await connection.request({
    doing,
    method: 'POST',
    path: `/exec/${exec.Id}/start`,
    body: { Detach: false, Tty: false },
    deadlineMs,
  });
  const { ExitCode: exitCode } = await connection.request<{ ExitCode: number | null }>({
    doing,
    method: 'GET',
    path: `/exec/${exec.Id}/json`,
  });
  if (exitCode === null) throw new EngineError(`${doing}: it did not end in time`, 408);
  return exitCode;
}
