import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '../domain/secrets/secret.js';

/** Header names that carry credentials in any product: such headers are not kept. */
const CREDENTIAL =
  /auth|cookie|token|secret|signature|password|passwd|credential|session|api-?key|jwt|cert/;
const LONGEST_VALUE = 1024;

/**
 * The headers that are kept with a delivery, for people to read. Dropped: credentials, and whatever
 * repeats a secret of the webhook (browsers and proxies repeat the address, whose path may hold it). Long
 * values are cut.
 */
export function keptHeaders(
  headers: IncomingHttpHeaders,
  secrets: readonly Secret[],
): Record<string, string> {
  const forms = secrets
    .map((secret) => secret.reveal())
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .filter((form) => form !== '');
  const kept = Object.entries(headers).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    if (CREDENTIAL.test(name) || forms.some((form) => text.includes(form))) return [];
    return [[name, text.slice(0, LONGEST_VALUE)] as const];
  });
  return Object.fromEntries(kept);
}
