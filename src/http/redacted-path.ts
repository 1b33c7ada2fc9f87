const HIDDEN = '***';
/** Secrets have at least 20 characters, so a shorter segment is not one. */
const SHORTEST_SECRET = 20;
const LONGEST_SHOWN = 200;

/**
 * The path of a request as it may be logged, without the query. Hidden is whatever follows the name of a
 * webhook, or `approve`, however the address is written (case, doubled slashes, percent encoding, a
 * prefix), and every segment that is long enough to be a secret, except for the ids and names of the API.
 */
export function redactedPath(url: string): string {
  const path = (url.split(/[?#]/, 1)[0] ?? '').replace(/^https?:\/\/[^/]*/i, '');
  const segments = path.split('/');
  const webhooks = indexOf(segments, 'webhooks');
  const shown =
    webhooks >= 0
      ? hideAfterName(segments, webhooks)
      : hideAfterApprove(
          segments.map((segment) => (path.startsWith('/api/v1/') ? segment : hideLong(segment))),
        );
  return shown.join('/').slice(0, LONGEST_SHOWN);
}

function hideAfterName(segments: readonly string[], webhooks: number): readonly string[] {
  const name = segments.findIndex((segment, index) => index > webhooks && segment !== '');
  if (name < 0) return segments;
  const rest = segments.slice(name + 1).some((segment) => segment !== '') ? [HIDDEN] : [];
  return [...segments.slice(0, name).map(hideLong), hideLong(segments[name] ?? ''), ...rest];
}

function hideAfterApprove(segments: readonly string[]): readonly string[] {
  const approve = indexOf(segments, 'approve');
  const isLast = segments.slice(approve + 1).every((segment) => segment === '');
  return approve < 0 || isLast ? segments : [...segments.slice(0, approve + 1), HIDDEN];
}

function indexOf(segments: readonly string[], name: string): number {
  return segments.findIndex((segment) => decoded(segment).toLowerCase() === name);
}

function hideLong(segment: string): string {
  return segment.length >= SHORTEST_SECRET ? HIDDEN : segment;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return segment;
    throw error;
  }
}
