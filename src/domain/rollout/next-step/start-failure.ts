import type { ErrorCode } from '../../errors.js';
import type { ContainerState } from '../container-state.js';

const PORT_TAKEN = /port is already allocated|address already in use|failed to bind/i;
/** Matches errors about the container's own executable, not about one of the engine's helpers (`exec: "docker-proxy": …`). */
const NOT_EXECUTABLE =
  /container process(?: caused)?:? "?exec: |exec format error|executable file [`'][^`']*[`'] not found|exec (?:user|container) process/i;

/**
 * Why a container failed to start, with the engine's message; null if no start was tried yet. The
 * engine accepts a taken port or address at creation and refuses it only at the start, leaving the
 * container `created` with an exit code and an error.
 */
export function startFailure(
  container: ContainerState,
): { readonly code: ErrorCode; readonly message: string } | null {
  if (container.exitCode === 0 && container.error === '') return null;
  const words =
    container.error === '' ? `exit code ${String(container.exitCode)}` : container.error;
  return classifyStartFailure(words);
}

/** The error code for the message of an engine that refuses to start a container. */
export function classifyStartFailure(words: string): { code: ErrorCode; message: string } {
  if (PORT_TAKEN.test(words)) {
    return { code: 'port-taken', message: `a port or address it needs is taken: ${words}` };
  }
  if (NOT_EXECUTABLE.test(words)) {
    return { code: 'not-executable', message: `its executable cannot be run: ${words}` };
  }
  return { code: 'start-failed', message: `the engine could not start it: ${words}` };
}
