import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Deployment } from './deployment.js';

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

const DAY_MS = 86_400_000;
const LONGEST_MS = 7 * DAY_MS;
/** Part of what is signed, so that nothing else that this key may ever sign is taken for a link. */
const PURPOSE = 'approve-link.1.';

/** Until when a link to a deployment is good: the deadline of its approval, else a day, and never more than seven. */
export function linkExpiry({ expiresAt }: Deployment, now: number): string {
  const deadline = expiresAt === null ? now + DAY_MS : Date.parse(expiresAt);
  return new Date(Math.min(deadline, now + LONGEST_MS)).toISOString();
}

/** The link as the last part of an address: what it says and an HMAC-SHA256 of that, both in base64url. */
export function signLink(link: ApproveLink, key: Buffer): string {
  const { id, deployment, digest, person, expiresAt } = link;
  const text = JSON.stringify({ id, deployment, digest, person, expiresAt });
  const payload = Buffer.from(text, 'utf8').toString('base64url');
  return `${payload}.${signatureOf(payload, key)}`;
}

/** What a token says, expired or not; null where this key did not sign exactly this text. */
export function readLink(token: string, key: Buffer): ApproveLink | null {
  const dot = token.lastIndexOf('.');
  const payload = token.slice(0, Math.max(dot, 0));
  const expected = Buffer.from(signatureOf(payload, key));
  const given = Buffer.from(token.slice(dot + 1));
  // All signatures have one length: that one differs tells nothing.
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as ApproveLink;
}

function signatureOf(payload: string, key: Buffer): string {
  return createHmac('sha256', key).update(`${PURPOSE}${payload}`).digest('base64url');
}
