import { DeployError } from '../domain/errors.js';
import type { HttpAnswer } from '../outgoing/guarded-http.js';
import { announcedPauseMs } from './rate-limits.js';

/**
 * The error for a status without a meaning of its own: `registry-unavailable` for 429 and 5xx, with
 * `retryAfterMs` if the answer names a time, else `registry-protocol`.
 * @param who What answered, as the message names it.
 * @param now Milliseconds since 1970.
 */
export function unexpectedAnswer(who: string, answer: HttpAnswer, now: number): DeployError {
  const { status } = answer;
  const message = `${who} answered with status ${String(status)}`;
  if (status !== 429 && status < 500) return new DeployError('registry-protocol', message);
  const retryAfterMs = announcedPauseMs(answer, now);
  return new DeployError(
    'registry-unavailable',
    message,
    retryAfterMs === null ? {} : { retryAfterMs },
  );
}
