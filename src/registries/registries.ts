import type { GuardedHttp } from '../outgoing/guarded-http.js';
import { RateLimits } from './rate-limits.js';
import { RegistryClient } from './registry-client.js';
import type { RegistryCredentialsSettings } from './registry-credentials.js';
import { RegistryCredentials } from './registry-credentials.js';
import type { ConfiguredRegistries } from './registry-host.js';
import { RegistryHosts } from './registry-host.js';
import { RegistryLogin } from './registry-login.js';
import { RegistryTransport } from './registry-transport.js';
import { RepositoryAccess } from './repository-access.js';
import { TagList } from './tag-list.js';
import { TokenService } from './token-service.js';

export interface RegistriesSettings {
  readonly credentials: RegistryCredentialsSettings;
  /** Milliseconds since 1970, instead of all clocks; for tests. */
  readonly now?: () => number;
}

/** Client, tag list and credentials that share tokens and rate limits. */
export class Registries {
  readonly client: RegistryClient;
  readonly tags: TagList;
  readonly credentials: RegistryCredentials;

  constructor(
    configuration: ConfiguredRegistries,
    http: GuardedHttp,
    settings: RegistriesSettings,
  ) {
    const { now = Date.now, now: steady = () => performance.now() } = settings;
    const hosts = new RegistryHosts(configuration);
    const transport = new RegistryTransport(http, hosts, new RateLimits(now, steady));
    const login = new RegistryLogin(new TokenService(transport, now));
    this.credentials = new RegistryCredentials(hosts, settings.credentials);
    const access = new RepositoryAccess(hosts, this.credentials, transport, login, now);
    this.client = new RegistryClient(access);
    this.tags = new TagList(access);
  }
}
