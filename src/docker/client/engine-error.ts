import { DeployError, messageOf } from '../../domain/errors.js';

/**
 * A failed call to an engine. The status alone never says what really happened (an engine completes a call whose
 * client is gone, and a 404 may mean "cannot be renamed now"), so callers inspect the engine again.
 */
export class EngineError extends DeployError {
  constructor(
    message: string,
    /** HTTP status; null if there was no answer. */
    readonly statusCode: number | null,
    options?: { readonly cause?: unknown },
  ) {
    super(statusCode === null ? 'engine-unavailable' : 'engine-error', message, options);
    this.name = 'EngineError';
  }

  /** There was no answer: the engine is down, the connection was cut, or it took too long. */
  get isUnreachable(): boolean {
    return this.statusCode === null;
  }
}

/** Wraps whatever dockerode threw, without the prefix that docker-modem adds to the engine's message. */
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
