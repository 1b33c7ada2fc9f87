import { Module } from '@nestjs/common';
import { ConfigurationService } from '../config/configuration.service.js';
import { processEnvironment } from '../config/environment-settings.js';
import { GuardedHttp } from '../outgoing/guarded-http.js';
import { OutgoingCalls } from '../outgoing/outgoing-calls.js';
import { Registries } from './registries.js';
import { RegistryClient } from './registry-client.js';
import { RegistryCredentials } from './registry-credentials.js';
import { TagList } from './tag-list.js';

/**
 * Gives `RegistryClient`, `TagList`, `RegistryCredentials` and `GuardedHttp`, over the configuration in force at each
 * call, and `OutgoingCalls` to whom it names.
 */
@Module({
  providers: [
    {
      provide: Registries,
      inject: [ConfigurationService],
      useFactory: (configuration: ConfigurationService): Registries => {
        const { dockerConfigFolder, dockerAuthConfig } = configuration.settings;
        const path = processEnvironment()['PATH'] ?? '';
        return new Registries(
          { registries: () => configuration.current().registries },
          { credentials: { dockerConfigFolder, dockerAuthConfig, path } },
        );
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
    { provide: OutgoingCalls, useFactory: (): OutgoingCalls => new OutgoingCalls() },
    {
      provide: GuardedHttp,
      inject: [Registries],
      useFactory: ({ http }: Registries): GuardedHttp => http,
    },
  ],
  exports: [RegistryClient, TagList, RegistryCredentials, GuardedHttp, OutgoingCalls],
})
export class RegistriesModule {}
