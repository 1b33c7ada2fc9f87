import type { IncomingHttpHeaders } from 'node:http';

/** Names that carry credentials, whichever product invented them: nothing of them is kept. */
const CREDENTIAL =
  /auth|cookie|token|secret|signature|password|passwd|credential|session|api-?key|jwt|cert/;
const LONGEST_VALUE = 1024;

/**
 * The headers that are kept with a delivery, for people to read: without credentials and without whatever
 * repeats the address (browsers and proxies do), whose path holds the secret. Long values are cut.
 */
export function keptHeaders(headers: IncomingHttpHeaders, secret: string): Record<string, string> {
  const forms = [secret, encodeURIComponent(secret)].filter((form) => form !== '');
  const kept = Object.entries(headers).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    if (CREDENTIAL.test(name) || forms.some((form) => text.includes(form))) return [];
    return [[name, text.slice(0, LONGEST_VALUE)] as const];
  });
  return Object.fromEntries(kept);
}
