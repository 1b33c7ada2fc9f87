import { DeployError } from '../domain/errors.js';
import type { Challenge } from './challenge.js';
import { parseChallenges } from './challenge.js';
import type { RegistryCredential } from './registry-credential.js';
import { basicAuthorization } from './registry-credential.js';
import type { RegistryTarget } from './registry-host.js';
import type { Arrival } from './registry-transport.js';
import type { TokenService } from './token-service.js';

/** Finds the credential for one look-up, at most once, and only if a login is needed. */
export type FindCredential = () => Promise<RegistryCredential | null>;

/** Turns challenges of registries into `Authorization` headers. */
export class RegistryLogin {
  /** The last challenge of each repository, so that the next look-up can start with the right answer. */
  readonly #challenges = new Map<string, Challenge>();

  constructor(private readonly tokens: TokenService) {}

  /** The header to start with; null if nothing is known or the cached token is too old. */
  async prepared(target: RegistryTarget, find: FindCredential): Promise<string | null> {
    const challenge = this.#challenges.get(keyOf(target));
    if (challenge === undefined) return null;
    const credential = await find();
    if (challenge.kind === 'basic') return basicFor(credential);
    const token = this.tokens.cached(target, challenge, credential);
    return token === null ? null : `Bearer ${token.reveal()}`;
  }

  /**
   * The header with which to answer a 401 or 403; a token is always a fresh one.
   * @throws DeployError `registry-auth` if there is nothing better than what was `sent`
   */
  async answer(
    target: RegistryTarget,
    arrival: Arrival,
    sent: string | null,
    find: FindCredential,
    signal: AbortSignal,
  ): Promise<string> {
    if (!arrival.isFromOrigin) {
      throw authError(target, `redirects to ${arrival.url.host}, which asks for a login`);
    }
    const challenge = this.challengeOf(target, arrival);
    if (challenge === null) {
      const status = String(arrival.answer.status);
      throw authError(target, `refuses access to ${target.path} (status ${status})`);
    }
    this.#challenges.set(keyOf(target), challenge);
    const credential = await find();
    const value =
      challenge.kind === 'basic'
        ? basicFor(credential)
        : await this.bearerFor(target, challenge, credential, signal);
    if (value === null) {
      throw authError(target, 'asks for a user name and a password, and none is configured');
    }
    if (value === sent) throw authError(target, 'refuses the credentials');
    return value;
  }

  /** Prefers Bearer to Basic, which sends the password to more places. A 403 may lack the challenge. */
  private challengeOf(target: RegistryTarget, { answer }: Arrival): Challenge | null {
    const offered = parseChallenges(answer.headers['www-authenticate']);
    const bearer = offered.find((one) => one.kind === 'bearer');
    return bearer ?? offered[0] ?? this.#challenges.get(keyOf(target)) ?? null;
  }

  private async bearerFor(
    target: RegistryTarget,
    challenge: Challenge & { readonly kind: 'bearer' },
    credential: RegistryCredential | null,
    signal: AbortSignal,
  ): Promise<string> {
    const token =
      credential?.kind === 'registry-token'
        ? credential.token
        : await this.tokens.fetch(target, challenge, credential, signal);
    return `Bearer ${token.reveal()}`;
  }
}

function basicFor(credential: RegistryCredential | null): string | null {
  return credential?.kind === 'password'
    ? basicAuthorization(credential.username, credential.password)
    : null;
}

function keyOf(target: RegistryTarget): string {
  return `${target.registry}/${target.path}`;
}

function authError(target: RegistryTarget, why: string): DeployError {
  return new DeployError('registry-auth', `${target.registry} ${why}`);
}
