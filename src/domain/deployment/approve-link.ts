import type { Deployment } from './deployment.js';
import { DAY_MS } from '../duration.js';

/** What an approve link lets whoever holds it do: say yes or no to one digest, once, as one person. */
export interface ApproveLink {
  /** Random: the link is spent by it. */
  readonly id: string;
  /** Id of the deployment. */
  readonly deployment: string;
  /** The digest that waited when the link was made. */
  readonly digest: string;
  /** In whose name it is said. */
  readonly person: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly expiresAt: string;
}

const LONGEST_MS = 7 * DAY_MS;
/** Until when a link to a deployment is good: the deadline of its approval, else a day, and never more than seven. */
export function linkExpiry({ expiresAt }: Deployment, now: number): string {
  const deadline = expiresAt === null ? now + DAY_MS : Date.parse(expiresAt);
  return new Date(Math.min(deadline, now + LONGEST_MS)).toISOString();
}
