import { DeployError } from '../domain/errors.js';
import { asJsonObject, parseJsonObject } from './json-object.js';
import type { Urgency } from './rate-limits.js';
import type { RegistryCredential } from './registry-credential.js';
import type { RegistryCredentials } from './registry-credentials.js';
import type { RegistryHosts, RegistryTarget } from './registry-host.js';
import type { FindCredential, RegistryLogin } from './registry-login.js';
import type { Arrival, RegistryTransport } from './registry-transport.js';
import { unexpectedAnswer } from './unexpected-answer.js';

const NOT_FOUND_CODES: ReadonlySet<string> = new Set(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN']);

/** One repository for the duration of one look-up, which may take several requests. */
export interface Repository {
  readonly target: RegistryTarget;
  readonly find: FindCredential;
  readonly urgency: Urgency;
  readonly signal: AbortSignal;
}

/** A request about a repository. `path` may have a query. */
export interface RepositoryRequest {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  readonly accept: string;
}

/** Sends requests about repositories, with the login that each asks for. */
export class RepositoryAccess {
  constructor(
    private readonly hosts: RegistryHosts,
    private readonly credentials: RegistryCredentials,
    private readonly transport: RegistryTransport,
    private readonly login: RegistryLogin,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @param name canonical, e.g. `docker.io/acme/web`
   * @throws DeployError `invalid-reference`
   */
  repository(name: string, urgency: Urgency, signal: AbortSignal): Repository {
    const target = this.hosts.targetOf(name);
    let found: Promise<RegistryCredential | null> | null = null;
    const find = (): Promise<RegistryCredential | null> =>
      (found ??= this.credentials.forRegistry(target.registry, signal));
    return { target, find, urgency, signal };
  }

  /**
   * Sends a request, and at most one more with a fresh token or a password if the first is refused.
   * @throws DeployError `registry-unavailable`, `registry-protocol`, `registry-auth`
   */
  async ask(repository: Repository, request: RepositoryRequest): Promise<Arrival> {
    const { target, find, signal } = repository;
    const prepared = await this.login.prepared(target, find);
    const first = await this.send(repository, request, prepared);
    if (!isRefusal(first)) return first;
    const value = await this.login.answer(target, first, prepared, find, signal);
    return this.send(repository, request, value);
  }

  /** The error for an unsuccessful answer. `what` names what was requested. */
  failureOf({ target }: Repository, arrival: Arrival, what: string): DeployError {
    const { answer } = arrival;
    const { registry, path } = target;
    const { status } = answer;
    if (isRefusal(arrival)) {
      return new DeployError(
        'registry-auth',
        `${registry} refuses access to ${path} (status ${String(status)}): the credentials are missing, wrong or not sufficient`,
      );
    }
    if (status === 404 || errorCodesOf(answer.body).some((code) => NOT_FOUND_CODES.has(code))) {
      return new DeployError('tag-not-found', `${registry} has no ${what}`);
    }
    return unexpectedAnswer(registry, answer, this.now());
  }

  private send(
    { target, urgency, signal }: Repository,
    { method, path, accept }: RepositoryRequest,
    authorization: string | null,
  ): Promise<Arrival> {
    const request = { method, headers: { accept }, authorization, urgency, signal };
    return this.transport.askRegistry(target, path, request);
  }
}

function isRefusal({ answer }: Arrival): boolean {
  return answer.status === 401 || answer.status === 403;
}

/** The `code`s of the protocol's error body. Its messages are never passed on. */
function errorCodesOf(body: Buffer): readonly string[] {
  const errors = parseJsonObject(body.toString('utf8'))?.['errors'];
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((entry: unknown) => {
    const code = asJsonObject(entry)?.['code'];
    return typeof code === 'string' ? [code] : [];
  });
}
