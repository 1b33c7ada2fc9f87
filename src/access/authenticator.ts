import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Request } from 'express';
import { ConfigurationService } from '../config/configuration.service.js';
import type { Configuration } from '../domain/settings/configuration.js';
import { Storage } from '../storage/storage.js';
import { FailedAuthentications } from './failed-authentications.js';
import { rememberCaller } from './caller.decorator.js';
import type { Principal } from './principal.js';
import { hashOf, indexOfHash } from './secret-hash.js';
import { senderNetwork } from './sender-address.js';

/** The result of checking the credentials of one request. */
export type Identity =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** No credentials, or wrong ones. */
  | { readonly kind: 'unknown'; readonly presented: boolean }
  /** Not checked: this sender has presented too many wrong ones. */
  | { readonly kind: 'blocked'; readonly retryAfterMs: number };

interface KnownToken {
  readonly hash: Buffer;
  readonly principal: Principal;
}

/**
 * Identifies the callers of the API. Tokens come from the configuration (including DEPLOY_ADMIN_TOKEN) and
 * from storage (the one created at the first start); only their SHA-256 hashes are compared.
 */
@Injectable()
export class Authenticator implements OnModuleInit {
  #stored: readonly KnownToken[] = [];
  #configured: { of: Configuration; tokens: readonly KnownToken[] } | null = null;
  /** A request is judged once: a wrong token counts as one failure, however many guards ask. */
  readonly #identities = new WeakMap<Request, Promise<Identity>>();

  constructor(
    private readonly configuration: ConfigurationService,
    private readonly storage: Storage,
    private readonly failures: FailedAuthentications,
  ) {}

  async onModuleInit(): Promise<void> {
    const stored = await this.storage.tokens.all();
    this.#stored = stored.map(({ name, role, hash }) => ({
      hash: Buffer.from(hash, 'hex'),
      principal: { name, role, environments: null },
    }));
  }

  /** Who the credentials of a request belong to. Every call for one request gives the same answer. */
  identify(request: Request): Promise<Identity> {
    const judged = this.#identities.get(request);
    if (judged !== undefined) return judged;
    const identity = this.judge(request);
    this.#identities.set(request, identity);
    return identity;
  }

  /** The principal of the token with this name, as currently configured; null if there is none. */
  named(name: string): Principal | null {
    return this.knownTokens().find(({ principal }) => principal.name === name)?.principal ?? null;
  }

  private async judge(request: Request): Promise<Identity> {
    const identity = await Promise.resolve(this.identityByToken(request));
    if (identity.kind === 'known') rememberCaller(request, identity.principal);
    return identity;
  }

  private identityByToken(request: Request): Identity {
    const header = request.headers.authorization;
    if (header === undefined) return { kind: 'unknown', presented: false };
    const key = `api|${senderNetwork(request)}`;
    const retryAfterMs = this.failures.blockedFor(key);
    if (retryAfterMs !== null) return { kind: 'blocked', retryAfterMs };
    const principal = this.principalFor(bearerToken(header));
    if (principal !== null) return { kind: 'known', principal };
    this.failures.record(key);
    return { kind: 'unknown', presented: true };
  }

  private principalFor(token: string): Principal | null {
    const known = this.knownTokens();
    const index = indexOfHash(
      hashOf(token),
      known.map(({ hash }) => hash),
    );
    return known[index]?.principal ?? null;
  }

  private knownTokens(): readonly KnownToken[] {
    const configured = this.configuredTokens();
    return [...configured, ...(this.hasAdmin(configured) ? [] : this.#stored)];
  }

  /** A configured admin token revokes the one created at the first start. */
  private hasAdmin(configured: readonly KnownToken[]): boolean {
    return configured.some(({ principal }) => principal.role === 'admin');
  }

  private configuredTokens(): readonly KnownToken[] {
    const current = this.configuration.current();
    if (this.#configured?.of !== current) {
      const tokens = current.tokens.map(({ name, role, environments, secret }) => ({
        hash: hashOf(secret.reveal()),
        principal: { name, role, environments },
      }));
      this.#configured = { of: current, tokens };
    }
    return this.#configured.tokens;
  }
}

/** The token of a `Bearer` header; empty, which no token is, for anything else. */
function bearerToken(header: string): string {
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? '';
}
