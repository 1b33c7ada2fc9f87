import type { ErrorCode } from '../../errors.js';
import type { ContainerState } from '../container-state.js';

const PORT_TAKEN = /port is already allocated|address already in use|failed to bind/i;
/** Said of the container's own program, not of one of the engine's helpers (`exec: "docker-proxy": …`). */
const NOT_EXECUTABLE =
  /container process(?: caused)?:? "?exec: |exec format error|executable file [`'][^`']*[`'] not found|exec (?:user|container) process/i;

/**
 * Why a container that was told to start never did, in the engine's own words; null where it was not
 * told yet. The engine accepts a taken port or address at creation and refuses it only at the start,
 * leaving the container `created` with an exit code and an error.
 */
export function startFailure(
  container: ContainerState,
): { readonly code: ErrorCode; readonly message: string } | null {
  if (container.exitCode === 0 && container.error === '') return null;
  const words =
    container.error === '' ? `exit code ${String(container.exitCode)}` : container.error;
  return classifyStartFailure(words);
}

/** The error code of what an engine says when it refuses to start a container. */
export function classifyStartFailure(words: string): { code: ErrorCode; message: string } {
  if (PORT_TAKEN.test(words)) {
    return { code: 'port-taken', message: `a port or address it needs is taken: ${words}` };
  }
  if (NOT_EXECUTABLE.test(words)) {
    return { code: 'not-executable', message: `its program cannot be executed: ${words}` };
  }
  return { code: 'start-failed', message: `the engine could not start it: ${words}` };
}
