import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryWorld, WorldOptions } from './fake-registry.js';

export const CANARY = 'canary-secret-0004';

/** What Docker knows of registries, in the folder of a world: its config file and credential helpers. */
export class DockerLogins {
  constructor(private readonly world: RegistryWorld) {}

  /** An object as JSON; a text as it is. */
  async writeConfig(content: unknown): Promise<void> {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(this.world.folder, 'config.json'), text);
  }

  /** A helper that does what the lines of shell say; `$server` is what it read from stdin. */
  async writeHelper(name: string, ...lines: string[]): Promise<void> {
    const file = join(this.world.folder, `docker-credential-${name}`);
    await writeFile(file, ['#!/bin/sh', 'server=$(cat)', ...lines, ''].join('\n'));
    await chmod(file, 0o755);
  }

  /** The login that the engine would get. */
  find(repository: string, options: WorldOptions = {}): Promise<unknown> {
    return this.world.registries(options).credentials.forEngine(repository);
  }
}

/** Prints as a helper does; the user name shows which server it was asked for. */
export const printing = (username: string, secret: string): string =>
  `printf '{"ServerURL":"%s","Username":"${username}","Secret":"${secret}"}' "$server"`;

export const login = (username: string, password: string, serveraddress = 'ghcr.io') => ({
  username,
  password,
  serveraddress,
});
