import { DeployError } from '../domain/errors.js';
import { isLoopbackHost } from '../outgoing/address-guard.js';
import type { GuardedHttp, GuardedRequest, HttpAnswer } from '../outgoing/guarded-http.js';
import { headerOf } from '../outgoing/guarded-http.js';
import { OutgoingRequestError } from '../outgoing/outgoing-request-error.js';
import type { RateLimits, Urgency } from './rate-limits.js';
import type { RegistryHosts, RegistryTarget } from './registry-host.js';
import { isSameHostname } from './registry-host.js';

const MOST_REDIRECTS = 3;
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** The usual limit of registries for manifests. Answers with tokens are far smaller. */
const MOST_BYTES = 4 * 1024 * 1024;

type Scheme = 'https' | 'http';

/** A request without its URL. `authorization` is sent to the original origin only, never after a redirect elsewhere. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly authorization: string | null;
  readonly body?: string;
  /** Default `pushed`. */
  readonly urgency?: Urgency;
  readonly signal: AbortSignal;
}

/** An answer and the URL that it came from, after redirects. */
export interface Arrival {
  readonly answer: HttpAnswer;
  readonly url: URL;
  /** False after a redirect to another scheme, host or port, whose requests for a login are not answered. */
  readonly isFromOrigin: boolean;
}

/**
 * Sends requests to registries and token services under our rules for plain http, private addresses, redirects
 * and rate limits.
 */
export class RegistryTransport {
  /** The scheme that worked last, for hosts for which both are allowed. */
  readonly #schemes = new Map<string, Scheme>();

  constructor(
    private readonly http: GuardedHttp,
    private readonly hosts: RegistryHosts,
    private readonly rateLimits: RateLimits,
  ) {}

  /**
   * Asks the registry itself. If plain http is allowed, https is tried first, then http if the server does not
   * speak TLS; the scheme that worked is used from then on, until it fails.
   * @throws DeployError `registry-unavailable`, `registry-protocol`
   */
  async askRegistry(
    target: RegistryTarget,
    path: string,
    request: RegistryRequest,
  ): Promise<Arrival> {
    const known = this.#schemes.get(target.authority);
    const first = await this.askBy(known ?? 'https', target, path, request).catch(
      (error: unknown) => {
        this.#schemes.delete(target.authority);
        const mayTryPlain = known === undefined && target.plainHttpAllowed;
        if (!mayTryPlain || !isWithoutTls(error, target)) throw error;
        return this.askBy('http', target, path, request);
      },
    );
    return this.followRedirects(target, request, first);
  }

  /**
   * Asks a URL that the registry named, such as its token service. Private addresses are refused, except the
   * registry's own host and, if the registry itself is private, configured hosts.
   * @throws DeployError `registry-unavailable`, `registry-protocol`
   */
  async askElsewhere(target: RegistryTarget, url: URL, request: RegistryRequest): Promise<Arrival> {
    return this.followRedirects(target, request, await this.send(target, url, url, request));
  }

  private async askBy(
    scheme: Scheme,
    target: RegistryTarget,
    path: string,
    request: RegistryRequest,
  ): Promise<Arrival> {
    const url = new URL(`${scheme}://${target.authority}${path}`);
    const arrival = await this.send(target, url, url, request);
    // A TLS server answers plain http with 400, which proves nothing.
    if (target.plainHttpAllowed && arrival.answer.status !== 400) {
      this.#schemes.set(target.authority, scheme);
    }
    return arrival;
  }

  private async followRedirects(
    target: RegistryTarget,
    request: RegistryRequest,
    first: Arrival,
  ): Promise<Arrival> {
    let arrival = first;
    for (let followed = 0; ; followed += 1) {
      if (request.method === 'POST' || !REDIRECT_STATUSES.has(arrival.answer.status)) {
        return arrival;
      }
      if (followed === MOST_REDIRECTS) {
        throw protocolError(
          `${first.url.host} redirects more than ${String(MOST_REDIRECTS)} times`,
        );
      }
      arrival = await this.send(target, first.url, redirectTarget(arrival), request);
    }
  }

  private async send(
    target: RegistryTarget,
    origin: URL,
    url: URL,
    request: RegistryRequest,
  ): Promise<Arrival> {
    const { method, headers, authorization, body, urgency = 'pushed', signal } = request;
    const { reach, plainHttpAllowed } = await this.rulesFor(target, url);
    if (url.protocol === 'http:' && !plainHttpAllowed) {
      throw protocolError(
        `${target.registry} leads to ${url.origin}: plain http is not allowed there`,
      );
    }
    const isFromOrigin = url.origin === origin.origin;
    this.rateLimits.refuseWhileHeld(url.host, urgency);
    const answer = await this.answerOf({
      method,
      url,
      headers:
        isFromOrigin && authorization !== null ? { ...headers, authorization } : { ...headers },
      ...(body === undefined ? {} : { body }),
      reach,
      verifyCertificate: !plainHttpAllowed,
      maximumBytes: MOST_BYTES,
      signal,
    });
    this.rateLimits.note(url.host, answer);
    return { answer, url, isFromOrigin };
  }

  private async answerOf(request: GuardedRequest): Promise<HttpAnswer> {
    try {
      return await this.http.request(request);
    } catch (error) {
      throw error instanceof OutgoingRequestError ? registryError(error) : error;
    }
  }

  private async rulesFor(
    target: RegistryTarget,
    url: URL,
  ): Promise<{ reach: 'any' | 'public'; plainHttpAllowed: boolean }> {
    if (isSameHostname(url.hostname, target.hostname)) {
      return { reach: 'any', plainHttpAllowed: target.plainHttpAllowed };
    }
    if (this.hosts.isNamed(url) && (await this.http.isPrivateHost(target.hostname))) {
      const plainHttpAllowed =
        isLoopbackHost(url.hostname) || this.hosts.configured(url.host)?.insecure === true;
      return { reach: 'any', plainHttpAllowed };
    }
    return { reach: 'public', plainHttpAllowed: false };
  }
}

/** Whether https failed because the server does not speak TLS. A timeout does not count: TLS may merely be slow. */
function isWithoutTls(error: unknown, target: RegistryTarget): boolean {
  const cause = error instanceof DeployError ? error.cause : null;
  if (!(cause instanceof OutgoingRequestError)) return false;
  const hasPort = /:\d+$/.test(target.authority);
  return cause.failure === 'wrong-scheme' || (cause.failure === 'refused' && !hasPort);
}

function redirectTarget({ answer, url }: Arrival): URL {
  const location = headerOf(answer, 'location');
  if (location === null || !URL.canParse(location, url.href)) {
    throw protocolError(`${url.host} redirects without a usable location`);
  }
  const next = new URL(location, url);
  if (next.protocol !== 'https:' && next.protocol !== 'http:') {
    throw protocolError(`${url.host} redirects to an address that is not http`);
  }
  if (url.protocol === 'https:' && next.protocol === 'http:') {
    throw protocolError(`${url.host} redirects from https to plain http`);
  }
  next.username = '';
  next.password = '';
  next.hash = '';
  return next;
}

/** The registry cannot be reached, or its answer (or its address) breaks our rules. */
function registryError(error: OutgoingRequestError): DeployError {
  const isProtocol = error.failure === 'refused-address' || error.failure === 'too-large';
  const code = isProtocol ? 'registry-protocol' : 'registry-unavailable';
  return new DeployError(code, error.message, { cause: error });
}

function protocolError(message: string): DeployError {
  return new DeployError('registry-protocol', message);
}
