import { DeployError } from '../domain/errors.js';
import { isDigest, isTag } from '../domain/image/image-reference.js';
import { headerOf } from '../outgoing/guarded-http.js';
import type { ResolvedManifest } from './manifest-answer.js';
import { MANIFEST_MEDIA_TYPES, manifestOfGet, manifestOfHead } from './manifest-answer.js';
import type { Urgency } from './rate-limits.js';
import type { Arrival } from './registry-transport.js';
import type { RepositoryAccess } from './repository-access.js';

/** How long a registry may take for a look-up with a caller waiting, in milliseconds. */
export const INTERACTIVE_LOOKUP_MS = 20_000;

/** How a registry that only supports GET may answer HEAD. */
const HEAD_UNSUPPORTED: ReadonlySet<number> = new Set([400, 405, 501]);

/**
 * Looks up digests of tags. Concurrent look-ups are not shared: one that began before a push may already hold
 * the old answer.
 */
export class RegistryClient {
  constructor(private readonly access: RepositoryAccess) {}

  /**
   * The current digest and media type of a tag, by HEAD, which does not count as a pull at Docker Hub, or by GET
   * if HEAD does not provide them. Looking up a digest checks that the registry still has it.
   * @param name canonical repository, e.g. `docker.io/acme/web`
   * @param reference a tag or a digest
   * @throws DeployError `tag-not-found`, `registry-auth`, `registry-unavailable` (with `retryAfterMs` if the
   * registry announced a time), `registry-protocol`, `invalid-reference`; the reason of `signal` if it aborted
   */
  async resolveDigest(
    name: string,
    reference: string,
    signal: AbortSignal,
    urgency: Urgency = 'pushed',
  ): Promise<ResolvedManifest> {
    if (!isTag(reference) && !isDigest(reference)) {
      throw new DeployError(
        'invalid-reference',
        `${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a digest`,
      );
    }
    const repository = this.access.repository(name, urgency, signal);
    const { registry, path } = repository.target;
    const ask = (method: 'GET' | 'HEAD'): Promise<Arrival> =>
      this.access.ask(repository, {
        method,
        path: `/v2/${path}/manifests/${reference}`,
        accept: MANIFEST_MEDIA_TYPES.join(', '),
      });
    const failureOf = (arrival: Arrival): DeployError =>
      this.access.failureOf(repository, arrival, `${reference} of ${path}`);
    const expected = isDigest(reference) ? reference : null;
    const head = await ask('HEAD');
    const known =
      head.answer.status === 200 ? manifestOfHead(registry, head.answer, expected) : null;
    if (known !== null) return known;
    if (head.answer.status !== 200 && !isWorthAGet(head)) throw failureOf(head);
    const got = await ask('GET');
    if (got.answer.status !== 200) throw failureOf(got);
    return manifestOfGet(registry, got.answer, expected);
  }
}

/**
 * Whether a GET may succeed after a failed HEAD. A 404 in the form of the distribution protocol is believed; any
 * other may come from a proxy that only forwards GET.
 */
function isWorthAGet({ answer }: Arrival): boolean {
  if (answer.status !== 404) return HEAD_UNSUPPORTED.has(answer.status);
  const isJson = /^application\/json\b/i.test(headerOf(answer, 'content-type') ?? '');
  return !isJson && headerOf(answer, 'docker-distribution-api-version') === null;
}
