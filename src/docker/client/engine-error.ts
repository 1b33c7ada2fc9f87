import { DeployError, messageOf } from '../../domain/errors.js';

/**
 * A call to an engine that did not succeed. What really happened is never told by the code alone (an
 * engine finishes a call whose client is gone, and a 404 may mean "cannot be renamed now"): the caller
 * looks at the engine again.
 */
export class EngineError extends DeployError {
  constructor(
    message: string,
    /** HTTP status; null where no answer came. */
    readonly statusCode: number | null,
    options?: { readonly cause?: unknown },
  ) {
    super(statusCode === null ? 'engine-unavailable' : 'engine-error', message, options);
    this.name = 'EngineError';
  }

  /** No answer came: the engine is down, or the connection was cut, or it took too long. */
  get isUnreachable(): boolean {
    return this.statusCode === null;
  }
}

/** Wraps whatever dockerode threw. Its message loses the wrapper that docker-modem puts around the engine's words. */
export function engineError(doing: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const statusCode = statusOf(error);
  const words = messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .trim();
  return new EngineError(`${doing}: ${words}`, statusCode, { cause: error });
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}
