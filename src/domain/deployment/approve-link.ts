import type { Deployment } from './deployment.js';
import { DAY_MS } from '../duration.js';

/** An approve link lets its holder approve or reject one digest, once, in the name of one person. */
export interface ApproveLink {
  /** Random; marks the link as used. */
  readonly id: string;
  /** Id of the deployment. */
  readonly deployment: string;
  /** The digest that waited when the link was made. */
  readonly digest: string;
  /** In whose name the deployment is approved or rejected. */
  readonly person: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly expiresAt: string;
}

const LONGEST_MS = 7 * DAY_MS;

/** When a link to a deployment expires: at the deadline of its approval, else after one day; at most after seven. */
export function linkExpiry({ expiresAt }: Deployment, now: number): string {
  const deadline = expiresAt === null ? now + DAY_MS : Date.parse(expiresAt);
  return new Date(Math.min(deadline, now + LONGEST_MS)).toISOString();
}
