import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.js';
import { freePort, SANDBOX, type ConfigNode } from './network-namespace.js';
import { RegistryClient } from './registry-client.js';
import { rigFolder } from './rig-environment.js';
import { waitFor } from './wait-for.js';

/** The user of a registry with `auth`; the file below has the bcrypt hash of this password. */
export const REGISTRY_USER = {
  username: 'acme',
  password: 'registry-password-of-the-rig',
} as const;
const HTPASSWD = `acme:$2y$05$abcdefghijklmnopqrstuul0ry406fXH4V/o/9bIzA1aj5uvNYp9a\n`;

export interface RegistryOptions {
  /** Asks for Basic credentials (`REGISTRY_USER`). */
  readonly auth?: boolean;
  readonly place?: ConfigNode;
  /** A free one by default. */
  readonly port?: number;
}

/** A real registry (distribution 2.8) over plain http, which loopback addresses may use. */
export class RegistryRig {
  static #made = 0;
  #server: Child | null = null;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly place: ConfigNode,
    private readonly auth: boolean,
  ) {}

  static async start(options: RegistryOptions = {}): Promise<RegistryRig> {
    const number = RegistryRig.#made;
    RegistryRig.#made += 1;
    const folder = join(rigFolder(), `r${process.pid}-${number}`);
    await mkdir(folder);
    const place = options.place ?? SANDBOX;
    const port = options.port ?? (await freePort());
    const registry = new RegistryRig(folder, port, place, options.auth ?? false);
    await registry.writeConfiguration();
    await registry.start();
    return registry;
  }

  /** As in image references seen from where the registry runs: `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Pushes, deletes and reads as the test itself. */
  get client(): RegistryClient {
    const url = `http://${this.place.address}:${this.port}`;
    return new RegistryClient(url, this.auth ? REGISTRY_USER : null);
  }

  /** Access log and all. */
  get log(): string {
    return (this.#server?.stderr ?? '') + (this.#server?.stdout ?? '');
  }

  /** Starts again on the same port with what it held. */
  async start(): Promise<void> {
    const command = ['docker-registry', 'serve', join(this.folder, 'config.yml')];
    const server = new Child(this.place.inside(command), process.env);
    this.#server = server;
    await waitFor('the registry to answer', async () => {
      if (server.ended) return 'ended';
      await this.client.ping();
      return 'ready';
    });
    if (server.ended) throw new Error(`The registry did not start:\n${this.log.slice(-3_000)}`);
  }

  async stop(): Promise<void> {
    this.#server?.signal('SIGKILL');
    await this.#server?.endWithin(5_000);
    this.#server = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async writeConfiguration(): Promise<void> {
    const htpasswd = join(this.folder, 'htpasswd');
    await writeFile(htpasswd, HTPASSWD);
    const auth = { htpasswd: { realm: 'rig', path: htpasswd } };
    await writeFile(
      join(this.folder, 'config.yml'),
      // JSON is YAML.
      JSON.stringify({
        version: '0.1',
        log: { level: 'warn' },
        storage: {
          filesystem: { rootdirectory: join(this.folder, 'data') },
          delete: { enabled: true },
        },
        http: { addr: `${this.place === SANDBOX ? '127.0.0.1' : '0.0.0.0'}:${this.port}` },
        ...(this.auth ? { auth } : {}),
      }),
    );
  }
}
