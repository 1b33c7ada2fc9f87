import { DeployError } from '../domain/errors.js';
import { isTag } from '../domain/image/image-reference.js';
import type { HttpAnswer } from '../outgoing/guarded-http.js';
import { parseJsonObject } from './json-object.js';
import type { Urgency } from './rate-limits.js';
import type { Arrival } from './registry-transport.js';
import type { RepositoryAccess } from './repository-access.js';

/** Requested page size; registries may send less. */
const PAGE_SIZE = 1_000;
/** A longer list is a mistake or an attack. */
const MOST_PAGES = 100;
const MOST_TAGS = 50_000;

/** Lists the tags of repositories. */
export class TagList {
  constructor(private readonly access: RepositoryAccess) {}

  /**
   * All tags of a repository, each once, in the registry's order (which is not the order of pushes). Reads at
   * most 100 pages and 50,000 tags.
   * @param name canonical repository, e.g. `docker.io/acme/web`
   * @throws DeployError `tag-not-found` if there is no such repository; `registry-auth`, `registry-unavailable`
   * (with `retryAfterMs` if the registry announced a time), `registry-protocol`; the reason of `signal` if it
   * aborted
   */
  async tagsOf(
    name: string,
    signal: AbortSignal,
    urgency: Urgency = 'polled',
  ): Promise<readonly string[]> {
    const repository = this.access.repository(name, urgency, signal);
    const { registry, path } = repository.target;
    const tags = new Set<string>();
    const asked = new Set<string>();
    let next: string | null = `/v2/${path}/tags/list?n=${String(PAGE_SIZE)}`;
    while (next !== null) {
      if (asked.has(next)) throw protocolError(registry, path, 'repeats a page');
      if (asked.size === MOST_PAGES) throw tooLong(registry, path);
      asked.add(next);
      const arrival: Arrival = await this.access.ask(repository, {
        method: 'GET',
        path: next,
        accept: 'application/json',
      });
      if (arrival.answer.status !== 200) {
        throw this.access.failureOf(repository, arrival, `repository ${path}`);
      }
      for (const tag of tagsIn(registry, path, arrival.answer)) tags.add(tag);
      if (tags.size > MOST_TAGS) throw tooLong(registry, path);
      next = nextPage(registry, path, arrival);
    }
    return [...tags];
  }
}

/** `{"name": …, "tags": […]}`; `tags` may be null if there are none. Entries that cannot be tags are skipped. */
function tagsIn(registry: string, path: string, answer: HttpAnswer): readonly string[] {
  const content = parseJsonObject(answer.body.toString('utf8'));
  const tags = content?.['tags'];
  if (tags === null) return [];
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) {
    throw protocolError(registry, path, 'is not the JSON that the protocol requires');
  }
  return tags.filter(isTag);
}

/**
 * Path and query of the next page; null after the last. A link to another scheme, host or port is not followed:
 * the request may carry a login.
 */
function nextPage(
  registry: string,
  path: string,
  { answer, url, isFromOrigin }: Arrival,
): string | null {
  const link = nextLink(answer.headers['link']);
  if (link === null) return null;
  const next = URL.canParse(link, url.href) ? new URL(link, url) : null;
  if (next === null) throw protocolError(registry, path, 'continues at an invalid address');
  if (!isFromOrigin || next.origin !== url.origin) {
    throw protocolError(registry, path, `continues at ${next.origin}, which is not followed`);
  }
  return next.pathname + next.search;
}

/** The target of `rel="next"` in one or several `Link` headers (RFC 8288); null if there is none. */
function nextLink(header: string | string[] | undefined): string | null {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  for (const link of text.split(/,(?=\s*<)/)) {
    const [, address, parameters = ''] = /^\s*<([^>]*)>(.*)$/.exec(link) ?? [];
    const relations = /;\s*rel\s*=\s*"?([^";]*)/i.exec(parameters)?.[1] ?? '';
    if (address !== undefined && /(?:^|\s)next(?:\s|$)/i.test(relations)) return address;
  }
  return null;
}

function tooLong(registry: string, path: string): DeployError {
  return protocolError(
    registry,
    path,
    `has more than ${String(MOST_TAGS)} tags or ${String(MOST_PAGES)} pages`,
  );
}

function protocolError(registry: string, path: string, why: string): DeployError {
  return new DeployError('registry-protocol', `the tag list of ${path} at ${registry} ${why}`);
}
