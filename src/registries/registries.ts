import type { GuardedHttpSettings } from '../outgoing/guarded-http.js';
import { GuardedHttp } from '../outgoing/guarded-http.js';
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
  readonly http?: Partial<GuardedHttpSettings>;
  /** Milliseconds since 1970, in the place of all clocks; for tests. */
  readonly now?: () => number;
}

/** The client and the credentials over one set of connections, tokens and rate limits. */
export class Registries {
  readonly client: RegistryClient;
  readonly tags: TagList;
  readonly credentials: RegistryCredentials;
  /** Also for requests that are not of registries. */
  readonly http: GuardedHttp;

  constructor(configuration: ConfiguredRegistries, settings: RegistriesSettings) {
    const { now = Date.now, now: steady = () => performance.now() } = settings;
    const hosts = new RegistryHosts(configuration);
    this.http = new GuardedHttp(settings.http);
    const transport = new RegistryTransport(this.http, hosts, new RateLimits(now, steady));
    const login = new RegistryLogin(new TokenService(transport, now));
    this.credentials = new RegistryCredentials(hosts, settings.credentials);
    const access = new RepositoryAccess(hosts, this.credentials, transport, login, now);
    this.client = new RegistryClient(access);
    this.tags = new TagList(access);
  }

  /** Closes every connection; look-ups under way fail. */
  async onModuleDestroy(): Promise<void> {
    await this.http.close();
  }
}
