import { DeployError } from '../domain/errors.js';
import { Secret } from '../domain/secrets/secret.js';
import { isLoopbackHost } from '../outgoing/address-guard.js';
import type { HttpAnswer } from '../outgoing/guarded-http.js';
import { parseJsonObject } from './json-object.js';
import type { RegistryCredential } from './registry-credential.js';
import { basicAuthorization, fingerprintOf } from './registry-credential.js';
import type { RegistryTarget } from './registry-host.js';
import type { RegistryRequest, RegistryTransport } from './registry-transport.js';
import { unexpectedAnswer } from './unexpected-answer.js';

const CLIENT_ID = 'deploy';
/** Default of the token specification if the answer gives no lifetime. */
const DEFAULT_LIFETIME_SECONDS = 60;
const LONGEST_LIFETIME_SECONDS = 24 * 60 * 60;
/** A token is not used in the last fifth of its lifetime (at most 30 s): it must outlive the request. */
const MARGIN_FRACTION = 0.2;
const LONGEST_MARGIN_SECONDS = 30;
/** Characters that are safe in a header value. */
const TOKEN_TEXT = /^[\x21-\x7e]+$/;

/** A Bearer challenge without its scope: we always ask for `pull` on our repository. */
export interface BearerChallenge {
  readonly realm: string;
  readonly service: string | null;
}

interface CachedToken {
  readonly token: Secret;
  readonly usableUntil: number;
}

/**
 * Fetches Bearer tokens by distribution's token specification and caches them for their lifetime, by realm,
 * service, scope and credential.
 */
export class TokenService {
  readonly #cache = new Map<string, CachedToken>();

  constructor(
    private readonly transport: RegistryTransport,
    private readonly now: () => number = Date.now,
  ) {}

  /** The cached token for this use; null if there is none with enough lifetime left. */
  cached(
    target: RegistryTarget,
    challenge: BearerChallenge,
    credential: RegistryCredential | null,
  ): Secret | null {
    const entry = this.#cache.get(keyOf(target, challenge, credential));
    return entry !== undefined && entry.usableUntil > this.now() ? entry.token : null;
  }

  /**
   * Fetches a new token, which replaces the cached one.
   * @throws DeployError `registry-auth` if the credentials are refused or must not be sent there;
   * `registry-unavailable`, `registry-protocol`
   */
  async fetch(
    target: RegistryTarget,
    challenge: BearerChallenge,
    credential: RegistryCredential | null,
    signal: AbortSignal,
  ): Promise<Secret> {
    const key = keyOf(target, challenge, credential);
    this.#cache.delete(key);
    const realm = this.realmOf(target, challenge, credential);
    const askedAt = this.now();
    const answer =
      (credential?.kind === 'identity-token'
        ? await this.askByPost(target, realm, challenge, credential, signal)
        : null) ?? (await this.askByGet(target, realm, challenge, credential, signal));
    const { token, lifetimeMs } = this.read(target, realm, answer);
    this.forgetExpired();
    this.#cache.set(key, { token, usableUntil: askedAt + lifetimeMs });
    return token;
  }

  /** The registry chooses the realm, so it is checked before anything is sent there. */
  private realmOf(
    target: RegistryTarget,
    { realm }: BearerChallenge,
    credential: RegistryCredential | null,
  ): URL {
    const url = URL.canParse(realm) ? new URL(realm) : null;
    const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
    if (url === null || !isHttp || url.username !== '' || url.password !== '') {
      throw new DeployError(
        'registry-protocol',
        `${target.registry} names a token service with an unusable address`,
      );
    }
    if (credential !== null && url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      throw new DeployError(
        'registry-auth',
        `the token service ${url.host} of ${target.registry} is not https: credentials are not sent there`,
      );
    }
    return url;
  }

  /** Null if the service does not support POST, i.e. answers 404 or 405. */
  private async askByPost(
    target: RegistryTarget,
    realm: URL,
    { service }: BearerChallenge,
    credential: RegistryCredential & { readonly kind: 'identity-token' },
    signal: AbortSignal,
  ): Promise<HttpAnswer | null> {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: CLIENT_ID,
      scope: scopeOf(target),
      refresh_token: credential.token.reveal(),
    });
    if (service !== null) form.set('service', service);
    const { answer } = await this.transport.askElsewhere(target, realm, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      authorization: null,
      body: form.toString(),
      signal,
    });
    return answer.status === 404 || answer.status === 405 ? null : answer;
  }

  private async askByGet(
    target: RegistryTarget,
    realm: URL,
    { service }: BearerChallenge,
    credential: RegistryCredential | null,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const url = new URL(realm);
    if (service !== null) url.searchParams.set('service', service);
    url.searchParams.set('scope', scopeOf(target));
    url.searchParams.set('client_id', CLIENT_ID);
    const request: RegistryRequest = {
      method: 'GET',
      headers: { accept: 'application/json' },
      authorization: authorizationFor(credential),
      signal,
    };
    return (await this.transport.askElsewhere(target, url, request)).answer;
  }

  private read(
    target: RegistryTarget,
    realm: URL,
    answer: HttpAnswer,
  ): { token: Secret; lifetimeMs: number } {
    const who = `the token service ${realm.host} of ${target.registry}`;
    if (answer.status !== 200) throw this.refusal(who, answer);
    const content = parseJsonObject(answer.body.toString('utf8'));
    const token = content?.['token'] ?? content?.['access_token'];
    if (typeof token !== 'string' || !TOKEN_TEXT.test(token)) {
      throw new DeployError('registry-protocol', `${who} answered without a usable token`);
    }
    return { token: new Secret(token), lifetimeMs: lifetimeMs(content?.['expires_in']) };
  }

  private refusal(who: string, answer: HttpAnswer): DeployError {
    const { status } = answer;
    if (status === 400 || status === 401 || status === 403) {
      return new DeployError(
        'registry-auth',
        `${who} refuses the credentials (status ${String(status)})`,
      );
    }
    return unexpectedAnswer(who, answer, this.now());
  }

  private forgetExpired(): void {
    const now = this.now();
    for (const [key, { usableUntil }] of this.#cache) {
      if (usableUntil <= now) this.#cache.delete(key);
    }
  }
}

function scopeOf(target: RegistryTarget): string {
  return `repository:${target.path}:pull`;
}

function keyOf(
  target: RegistryTarget,
  { realm, service }: BearerChallenge,
  credential: RegistryCredential | null,
): string {
  const { registry } = target;
  return JSON.stringify([registry, realm, service, scopeOf(target), fingerprintOf(credential)]);
}

function authorizationFor(credential: RegistryCredential | null): string | null {
  switch (credential?.kind) {
    case 'password':
      return basicAuthorization(credential.username, credential.password);
    case 'identity-token':
      return basicAuthorization(credential.username, credential.token);
    default:
      return null;
  }
}

function lifetimeMs(expiresIn: unknown): number {
  const isUsable = typeof expiresIn === 'number' && expiresIn > 0;
  const seconds = isUsable
    ? Math.min(expiresIn, LONGEST_LIFETIME_SECONDS)
    : DEFAULT_LIFETIME_SECONDS;
  return (seconds - Math.min(seconds * MARGIN_FRACTION, LONGEST_MARGIN_SECONDS)) * 1000;
}
