import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Configuration } from '../domain/settings/configuration.js';
import { describeChanges } from './configuration-changes.js';
import type { EnvironmentSettings } from './environment-settings.js';
import type { Fault } from './fault.js';
import { loadConfiguration } from './load-configuration.js';

/** The key under which @nestjs/config holds the initial configuration. */
export const CONFIGURATION_KEY = 'deploy';

/** Where the configuration is read from. */
export interface ConfigurationSource {
  readonly path: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** The configuration read at startup, and its source. */
export interface InitialConfiguration {
  readonly source: ConfigurationSource;
  readonly configuration: Configuration;
  readonly settings: EnvironmentSettings;
}

/** The result of rereading the file. `changes` are human-readable lines. */
export type Reloaded =
  | { readonly applied: true; readonly changes: readonly string[] }
  | { readonly applied: false; readonly faults: readonly Fault[] };

export type ConfigurationListener = (current: Configuration, previous: Configuration) => void;

/** The configuration in force. Only `reload` changes it, and only as a whole. */
@Injectable()
export class ConfigurationService {
  readonly settings: EnvironmentSettings;
  readonly #source: ConfigurationSource;
  readonly #listeners = new Set<ConfigurationListener>();
  #current: Configuration;

  constructor(config: ConfigService) {
    const initial = config.getOrThrow<InitialConfiguration>(CONFIGURATION_KEY);
    this.settings = initial.settings;
    this.#source = initial.source;
    this.#current = initial.configuration;
  }

  /** Call this again for every decision: a kept copy is stale after the next SIGHUP. */
  current(): Configuration {
    return this.#current;
  }

  /**
   * Rereads the file. An invalid one is refused, and the current configuration stays in force. `changes` marks
   * those that take effect only after a restart.
   * @throws AggregateError with everything that listeners threw, after all of them were called.
   */
  reload(): Reloaded {
    const loaded = loadConfiguration(this.#source.path, this.#source.environment);
    if ('faults' in loaded) return { applied: false, faults: loaded.faults };
    const previous = this.#current;
    this.#current = loaded.configuration;
    this.notifyListeners(previous);
    return { applied: true, changes: describeChanges(previous, loaded.configuration) };
  }

  /** Calls `listener` after every applied reload, until the returned function is called. */
  onChange(listener: ConfigurationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  private notifyListeners(previous: Configuration): void {
    const errors: unknown[] = [];
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#current, previous);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, 'some listeners failed to apply the new configuration');
  }
}
