import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import {
  CONFIGURATION_KEY,
  ConfigurationService,
  type ConfigurationSource,
  type InitialConfiguration,
} from './configuration.service.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load-configuration.js';

/** Provides `ConfigurationService` to every module. */
@Module({})
export class ConfigurationModule {
  /**
   * Reads the configuration immediately.
   * @throws ConfigurationError with every fault.
   */
  static forRoot(source: ConfigurationSource): DynamicModule {
    const loaded = loadConfiguration(source.path, source.environment);
    if ('faults' in loaded) throw new ConfigurationError(loaded.faults);
    const initial: InitialConfiguration = { source, ...loaded };
    return {
      module: ConfigurationModule,
      global: true,
      imports: [
        // Environment variables and .env files stay out: our own reader validates what it reads.
        ConfigModule.forRoot({
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: [() => ({ [CONFIGURATION_KEY]: initial })],
        }),
      ],
      providers: [ConfigurationService],
      exports: [ConfigurationService],
    };
  }
}
