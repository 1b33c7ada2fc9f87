import { DeployError } from '../domain/errors.js';
import { isTag } from '../domain/image/image-reference.js';
import type { HttpAnswer } from '../outgoing/guarded-http.js';
import { parseJsonObject } from './json-object.js';
import type { Urgency } from './rate-limits.js';
import type { Arrival } from './registry-transport.js';
import type { RepositoryAccess } from './repository-access.js';

/** What a page is asked to hold; registries may give less. */
const PAGE_SIZE = 1_000;
/** More is no list that a tag is chosen from, but a mistake or an attack. */
const MOST_PAGES = 100;
const MOST_TAGS = 50_000;

/** Asks registries which tags a repository has. */
export class TagList {
  constructor(private readonly access: RepositoryAccess) {}

  /**
   * All tags of a repository, each once, in the order in which the registry tells them (which is not that
   * of their pushes), by as many pages as it takes: at most 100, and 50,000 tags.
   * @param name canonical repository, e.g. `docker.io/acme/web`
   * @throws DeployError `tag-not-found` where there is no such repository; `registry-auth`,
   * `registry-unavailable` (with `retryAfterMs` where the registry named a time), `registry-protocol`;
   * the reason of `signal` where that ended it
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
      if (asked.has(next)) throw protocolError(registry, path, 'goes round in circles');
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

/** `{"name": …, "tags": […]}`; a repository without tags has `null` there. What cannot be a tag is left out. */
function tagsIn(registry: string, path: string, answer: HttpAnswer): readonly string[] {
  const content = parseJsonObject(answer.body.toString('utf8'));
  const tags = content?.['tags'];
  if (tags === null) return [];
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) {
    throw protocolError(registry, path, 'is not the JSON that the protocol asks for');
  }
  return tags.filter(isTag);
}

/**
 * Path and query of the page after this one; null where it is the last. What was asked with a login is not
 * followed to another scheme, host or port.
 */
function nextPage(
  registry: string,
  path: string,
  { answer, url, isFromOrigin }: Arrival,
): string | null {
  const link = nextLink(answer.headers['link']);
  if (link === null) return null;
  const next = URL.canParse(link, url.href) ? new URL(link, url) : null;
  if (next === null) throw protocolError(registry, path, 'goes on at an address that is none');
  if (!isFromOrigin || next.origin !== url.origin) {
    throw protocolError(registry, path, `goes on at ${next.origin}, where it is not followed to`);
  }
  return next.pathname + next.search;
}

/** The address of `rel="next"` in one or several `Link` headers (RFC 8288); null where there is none. */
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
