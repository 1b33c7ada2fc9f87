import { afterEach, beforeEach } from 'vitest';
import { createHash } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Registry } from '../../src/domain/settings/configuration.js';
import { DeployError } from '../../src/domain/errors.js';
import { Secret } from '../../src/domain/secrets/secret.js';
import type { Lookup } from '../../src/outgoing/address-guard.js';
import { type GuardedHttpSettings, GuardedHttp } from '../../src/outgoing/guarded-http.js';
import { type RegistriesSettings, Registries } from '../../src/registries/registries.js';
import {
  type FakeAnswer,
  type FakeHandler,
  type FakeRequest,
  type FakeServerOptions,
  FakeServer,
} from './fake-server.js';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const INDEX_BODY = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
export const INDEX_DIGEST = digestOf(INDEX_BODY);

/** The answer of a registry that has the image. */
export const MANIFEST: Exclude<FakeAnswer, string> = {
  status: 200,
  headers: { 'content-type': OCI_INDEX, 'docker-content-digest': INDEX_DIGEST },
  body: INDEX_BODY,
};

export function digestOf(body: string): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** A registry entry of the configuration. */
export function aRegistry(host: string, overrides: Partial<Registry> = {}): Registry {
  return { host, username: null, password: null, insecure: false, ...overrides };
}

/** A registry entry with a login. */
export function aRegistryLogin(host: string, password = 'hunter-two-hunter-two'): Registry {
  return aRegistry(host, { username: 'anna', password: new Secret(password) });
}

/** Every name has the address 127.0.0.1. */
export const lookUpAsLoopback: Lookup = (_hostname, options, callback) => {
  const address: LookupAddress = { address: '127.0.0.1', family: 4 };
  if (options.all === true) callback(null, [address]);
  else callback(null, address.address, address.family);
};

export interface WorldOptions {
  readonly registries?: readonly Registry[];
  readonly settings?: Partial<RegistriesSettings>;
  readonly http?: Partial<GuardedHttpSettings>;
  readonly dockerAuthConfig?: string;
  readonly path?: string;
}

/** Fake servers, a folder for Docker's files and the registries' door over them. */
export class RegistryWorld {
  readonly #endings: (() => Promise<void>)[] = [];
  #own = '';

  private constructor() {}

  /** One that is made before each test of the file and removed after it. */
  static forEachTest(): RegistryWorld {
    const world = new RegistryWorld();
    beforeEach(async () => {
      world.#own = await mkdtemp(join(tmpdir(), 'deploy-registries-'));
    });
    afterEach(() => world.end());
    return world;
  }

  get folder(): string {
    return this.#own;
  }

  async server(handler: FakeHandler, options?: FakeServerOptions): Promise<FakeServer> {
    const server = await FakeServer.start(handler, options);
    this.#endings.push(() => server.close());
    return server;
  }

  registries(options: WorldOptions = {}): Registries {
    const { registries = [], settings = {}, dockerAuthConfig, path = this.folder } = options;
    const http = new GuardedHttp(options.http);
    this.#endings.unshift(() => http.onModuleDestroy());
    return new Registries({ registries: () => registries }, http, {
      credentials: {
        dockerConfigFolder: this.folder,
        dockerAuthConfig: dockerAuthConfig === undefined ? null : new Secret(dockerAuthConfig),
        path,
        helperTimeoutMs: 500,
      },
      ...settings,
    });
  }

  private async end(): Promise<void> {
    for (const ending of this.#endings.splice(0)) await ending();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A signal that nobody aborts. */
export function untilDone(): AbortSignal {
  return new AbortController().signal;
}

/** The `DeployError` of a promise that must fail with one. */
export async function failureOf(promise: Promise<unknown>): Promise<DeployError> {
  const outcome = await promise.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof DeployError) return outcome.error;
  throw new Error('a DeployError was expected', { cause: outcome });
}

export function isTokenRequest(request: FakeRequest): boolean {
  return request.url.startsWith('/token');
}

/** The `Authorization` of a login in base64. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
