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
  /** Content of `DOCKER_AUTH_CONFIG`; null if it is not set. */
  readonly dockerAuthConfig: Secret | null;
  /** Content of `PATH`, which is searched for credential helpers. */
  readonly path: string;
  /** Default 10 s. */
  readonly helperTimeoutMs?: number;
}

/**
 * The content of the Engine API's `X-Registry-Auth`, with secrets revealed: send it to the engine and keep it
 * nowhere. The engine passes a `registrytoken` on as is and ignores the other fields.
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
 * Finds credentials: first in `registries` of our configuration, then in Docker's own order: the variable
 * `DOCKER_AUTH_CONFIG`, the registry's helper, the general helper, `auths` of the file.
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
   * Credentials with which the engine pulls a canonical repository; null: pull anonymously.
   * @throws DeployError `registry-auth` if a file or a helper is broken; `invalid-reference`
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
   * @throws DeployError `registry-auth` if a file or a helper is broken
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

  /** If there is a helper, passwords in `auths` are ignored, as in Docker. */
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

/** The name under which Docker stores a registry's credentials. */
function serverOf(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry;
}
