import { join } from 'node:path';
import type { Secret } from '../domain/secrets/secret.js';
import { askCredentialHelper } from './credential-helper.js';
import { DockerConfig } from './docker-config.js';
import { DockerConfigFile } from './docker-config-file.js';
import type { RegistryCredential } from './registry-credential.js';
import type { RegistryHosts } from './registry-host.js';
import { DOCKER_HUB, DOCKER_HUB_KEY } from './registry-host.js';

const HELPER_TIMEOUT_MS = 10_000;

export interface RegistryCredentialsSettings {
  /** Folder of Docker's `config.json`: `DOCKER_CONFIG`, else `.docker` in the home folder. */
  readonly dockerConfigFolder: string;
  /** Content of `DOCKER_AUTH_CONFIG`; null where it is not set. */
  readonly dockerAuthConfig: Secret | null;
  /** Content of `PATH`, where credential helpers are looked for. */
  readonly path: string;
  /** Default 10 s. */
  readonly helperTimeoutMs?: number;
}

/**
 * What the Engine API takes as `X-Registry-Auth`, revealed: hand it to the engine and keep it nowhere.
 * The engine shows a `registrytoken` as it is, whatever else is there.
 */
export type EngineCredentials =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string }
  | {
      readonly username: '';
      readonly password: '';
      readonly registrytoken: string;
      readonly serveraddress: string;
    };

/**
 * Finds what to show a registry, in Docker's own order after our configuration: `registries`, the
 * `DOCKER_AUTH_CONFIG` variable, the registry's helper, the helper for all, `auths` of the file.
 */
export class RegistryCredentials {
  readonly #file: DockerConfigFile;

  constructor(
    private readonly hosts: RegistryHosts,
    private readonly settings: RegistryCredentialsSettings,
  ) {
    this.#file = new DockerConfigFile(join(settings.dockerConfigFolder, 'config.json'));
  }

  /**
   * Credentials for the engine's own pull of a canonical repository; null: pull anonymously.
   * @throws DeployError `registry-auth` where a file or a helper is broken; `invalid-reference`
   */
  async forEngine(
    repository: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<EngineCredentials | null> {
    const { registry } = this.hosts.targetOf(repository);
    const credential = await this.forRegistry(registry, signal);
    if (credential === null) return null;
    const serveraddress = serverOf(registry);
    switch (credential.kind) {
      case 'password':
        return {
          username: credential.username,
          password: credential.password.reveal(),
          serveraddress,
        };
      case 'identity-token':
        return { identitytoken: credential.token.reveal(), serveraddress };
      case 'registry-token':
        return {
          username: '',
          password: '',
          registrytoken: credential.token.reveal(),
          serveraddress,
        };
    }
  }

  /**
   * @param registry canonical host, e.g. `docker.io`
   * @throws DeployError `registry-auth` where a file or a helper is broken
   */
  async forRegistry(registry: string, signal: AbortSignal): Promise<RegistryCredential | null> {
    const configured = this.hosts.configured(registry);
    if (configured !== null && configured.username !== null && configured.password !== null) {
      const { username, password } = configured;
      return { kind: 'password', username, password };
    }
    return this.fromVariable(registry) ?? (await this.fromFile(registry, signal));
  }

  private fromVariable(registry: string): RegistryCredential | null {
    const text = this.settings.dockerAuthConfig?.reveal() ?? '';
    if (text === '') return null;
    return DockerConfig.parse(text, 'DOCKER_AUTH_CONFIG').credentialFor(registry);
  }

  /** With a helper the passwords of `auths` are not read, as in Docker. */
  private async fromFile(
    registry: string,
    signal: AbortSignal,
  ): Promise<RegistryCredential | null> {
    const content = await this.#file.read();
    if (content === null) return null;
    const helper = content.helperFor(registry);
    if (helper === null) return content.credentialFor(registry);
    const { path, helperTimeoutMs: timeoutMs = HELPER_TIMEOUT_MS } = this.settings;
    return askCredentialHelper(helper, serverOf(registry), { path, timeoutMs }, signal);
  }
}

/** The name under which Docker keeps a registry's credentials. */
function serverOf(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry;
}
