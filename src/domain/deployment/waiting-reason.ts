import type { Deployment } from './deployment.js';
import { humanizeDuration } from '../duration.js';

/**
 * The reason of a deployment as of now: one that waits for a time is stored as a sentence without the time, `… opens`,
 * and reads `… opens in 3 h 12 min`.
 * @param now Milliseconds since 1970.
 */
export function waitingReason(
  { phase, reason, notBefore }: Pick<Deployment, 'phase' | 'reason' | 'notBefore'>,
  now: number,
): string | null {
  if (phase !== 'waiting' || reason === null || notBefore === null) return reason;
  const left = Date.parse(notBefore) - now;
  return left <= 0 ? `${reason} now` : `${reason} in ${humanizeDuration(left)}`;
}
