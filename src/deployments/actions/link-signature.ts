import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApproveLink } from '../../domain/deployment/approve-link.js';

/** Part of what is signed, so that nothing else that this key may ever sign is taken for a link. */
const PURPOSE = 'approve-link.1.';

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
