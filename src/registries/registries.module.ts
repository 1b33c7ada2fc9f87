import { Module } from '@nestjs/common';
import { ConfigurationService } from '../config/configuration.service.js';
import { processEnvironment } from '../config/environment-settings.js';
import { GuardedHttp } from '../outgoing/guarded-http.js';
import { OutgoingModule } from '../outgoing/outgoing.module.js';
import { Registries } from './registries.js';
import { RegistryClient } from './registry-client.js';
import { RegistryCredentials } from './registry-credentials.js';
import { TagList } from './tag-list.js';

/** Provides `RegistryClient`, `TagList` and `RegistryCredentials`, which read the configuration in force at each call. */
@Module({
  imports: [OutgoingModule],
  providers: [
    {
      provide: Registries,
      inject: [ConfigurationService, GuardedHttp],
      useFactory: (configuration: ConfigurationService, http: GuardedHttp): Registries => {
        const { dockerConfigFolder, dockerAuthConfig } = configuration.settings;
        const path = processEnvironment()['PATH'] ?? '';
        return new Registries({ registries: () => configuration.current().registries }, http, {
          credentials: { dockerConfigFolder, dockerAuthConfig, path },
        });
      },
    },
    {
      provide: RegistryClient,
      inject: [Registries],
      useFactory: ({ client }: Registries): RegistryClient => client,
    },
    {
      provide: TagList,
      inject: [Registries],
      useFactory: ({ tags }: Registries): TagList => tags,
    },
    {
      provide: RegistryCredentials,
      inject: [Registries],
      useFactory: ({ credentials }: Registries): RegistryCredentials => credentials,
    },
  ],
  exports: [RegistryClient, TagList, RegistryCredentials],
})
export class RegistriesModule {}
