import { DeployError } from '../domain/errors.js';
import { isDigest, isTag } from '../domain/image-reference.js';
import { headerOf } from './guarded-http.js';
import { asJsonObject, parseJsonObject } from './json-object.js';
import type { ResolvedManifest } from './manifest-answer.js';
import { MANIFEST_MEDIA_TYPES, manifestOfGet, manifestOfHead } from './manifest-answer.js';
import { announcedPauseMs } from './rate-limits.js';
import type { RegistryCredential } from './registry-credential.js';
import type { RegistryCredentials } from './registry-credentials.js';
import type { RegistryHosts, RegistryTarget } from './registry-host.js';
import type { FindCredential, RegistryLogin } from './registry-login.js';
import type { Arrival, RegistryTransport } from './registry-transport.js';

/** Statuses of a HEAD that a registry which only knows GET may answer with. */
const HEAD_UNSUPPORTED: ReadonlySet<number> = new Set([400, 405, 501]);
const NOT_FOUND_CODES: ReadonlySet<string> = new Set(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN']);

interface Lookup {
  readonly target: RegistryTarget;
  readonly reference: string;
  readonly find: FindCredential;
  readonly signal: AbortSignal;
}

/**
 * Asks registries which digest a tag has. Look-ups are not shared: one that began before a push may
 * already hold the answer from before it.
 */
export class RegistryClient {
  constructor(
    private readonly hosts: RegistryHosts,
    private readonly credentials: RegistryCredentials,
    private readonly transport: RegistryTransport,
    private readonly login: RegistryLogin,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The digest and media type that a tag has now, by HEAD, which costs no pull at Docker Hub; by GET
   * where HEAD does not tell. A digest is looked up alike, to see that the registry still has it.
   * @param repository canonical, e.g. `docker.io/acme/web`
   * @param reference a tag or a digest
   * @throws DeployError `tag-not-found`, `registry-auth`, `registry-unavailable` (with `retryAfterMs`
   * where the registry named a time), `registry-protocol`, `invalid-reference`; the reason of
   * `signal` where that ended it
   */
  async resolveDigest(
    repository: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<ResolvedManifest> {
    const lookup = this.lookupOf(repository, reference, signal);
    const { target } = lookup;
    const expected = isDigest(reference) ? reference : null;
    const head = await this.ask('HEAD', lookup);
    const known =
      head.answer.status === 200 ? manifestOfHead(target.registry, head.answer, expected) : null;
    if (known !== null) return known;
    if (head.answer.status !== 200 && !isWorthAGet(head)) throw this.failureOf(lookup, head);
    const got = await this.ask('GET', lookup);
    if (got.answer.status !== 200) throw this.failureOf(lookup, got);
    return manifestOfGet(target.registry, got.answer, expected);
  }

  private lookupOf(repository: string, reference: string, signal: AbortSignal): Lookup {
    if (!isTag(reference) && !isDigest(reference)) {
      throw new DeployError(
        'invalid-reference',
        `${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a digest`,
      );
    }
    const target = this.hosts.targetOf(repository);
    let found: Promise<RegistryCredential | null> | null = null;
    const find = (): Promise<RegistryCredential | null> =>
      (found ??= this.credentials.forRegistry(target.registry, signal));
    return { target, reference, find, signal };
  }

  /** One request, and at most one more with a fresh token or a password where it is refused. */
  private async ask(method: 'GET' | 'HEAD', lookup: Lookup): Promise<Arrival> {
    const { target, find, signal } = lookup;
    const prepared = await this.login.prepared(target, find);
    const first = await this.send(method, lookup, prepared);
    if (!isRefusal(first)) return first;
    const value = await this.login.answer(target, first, prepared, find, signal);
    return this.send(method, lookup, value);
  }

  private send(
    method: 'GET' | 'HEAD',
    { target, reference, signal }: Lookup,
    authorization: string | null,
  ): Promise<Arrival> {
    return this.transport.askRegistry(target, `/v2/${target.path}/manifests/${reference}`, {
      method,
      headers: { accept: MANIFEST_MEDIA_TYPES.join(', ') },
      authorization,
      signal,
    });
  }

  private failureOf({ target, reference }: Lookup, { answer }: Arrival): DeployError {
    const { registry, path } = target;
    const { status } = answer;
    if (status === 401 || status === 403) {
      return new DeployError(
        'registry-auth',
        `${registry} refuses access to ${path} (status ${String(status)}): the credentials are missing, wrong or do not reach it`,
      );
    }
    if (status === 404 || errorCodesOf(answer.body).some((code) => NOT_FOUND_CODES.has(code))) {
      return new DeployError('tag-not-found', `${registry} has no ${reference} of ${path}`);
    }
    if (status === 429 || status >= 500) {
      const pause = announcedPauseMs(answer, this.now());
      return new DeployError(
        'registry-unavailable',
        `${registry} answered with status ${String(status)}`,
        pause === null ? {} : { retryAfterMs: pause },
      );
    }
    return new DeployError(
      'registry-protocol',
      `${registry} answered with status ${String(status)}`,
    );
  }
}

function isRefusal({ answer }: Arrival): boolean {
  return answer.status === 401 || answer.status === 403;
}

/**
 * Whether a failed HEAD may be HEAD's own fault. A 404 that carries the marks of the distribution
 * protocol is believed; one without them may come from something in between that only passes on GET.
 */
function isWorthAGet({ answer }: Arrival): boolean {
  if (answer.status !== 404) return HEAD_UNSUPPORTED.has(answer.status);
  const isJson = /^application\/json\b/i.test(headerOf(answer, 'content-type') ?? '');
  return !isJson && headerOf(answer, 'docker-distribution-api-version') === null;
}

/** The `code`s of the protocol's error body; its messages are not passed on. */
function errorCodesOf(body: Buffer): readonly string[] {
  const errors = parseJsonObject(body.toString('utf8'))?.['errors'];
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((entry: unknown) => {
    const code = asJsonObject(entry)?.['code'];
    return typeof code === 'string' ? [code] : [];
  });
}
