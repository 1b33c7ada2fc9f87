import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Configuration } from '../domain/settings/configuration.js';
import { describeChanges } from './configuration-changes.js';
import type { EnvironmentSettings } from './environment-settings.js';
import type { Fault } from './fault.js';
import { loadConfiguration } from './load-configuration.js';

/** The key under which @nestjs/config keeps what was read at the start. */
export const CONFIGURATION_KEY = 'deploy';

/** Where the configuration is read from. */
export interface ConfigurationSource {
  readonly path: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What was read at the start, and from where. */
export interface InitialConfiguration {
  readonly source: ConfigurationSource;
  readonly configuration: Configuration;
  readonly settings: EnvironmentSettings;
}

/** What became of reading the file again. `changes` are lines for people. */
export type Reloaded =
  | { readonly applied: true; readonly changes: readonly string[] }
  | { readonly applied: false; readonly faults: readonly Fault[] };

export type ConfigurationListener = (current: Configuration, previous: Configuration) => void;

/** The configuration in force. It changes only as a whole, by `reload`. */
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

  /** Ask anew for every decision: what is kept grows stale at the next SIGHUP. */
  current(): Configuration {
    return this.#current;
  }

  /**
   * Reads the file again. A faulty one is refused and the old configuration stays in force. Changes that
   * only count from the next start are among `changes`, and say so.
   * @throws AggregateError what listeners threw, after all of them were told.
   */
  reload(): Reloaded {
    const loaded = loadConfiguration(this.#source.path, this.#source.environment);
    if ('faults' in loaded) return { applied: false, faults: loaded.faults };
    const previous = this.#current;
    this.#current = loaded.configuration;
    this.notifyListeners(previous);
    return { applied: true, changes: describeChanges(previous, loaded.configuration) };
  }

  /** Calls `listener` after every reload that was applied, until the returned function is called. */
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
      throw new AggregateError(errors, 'not everybody took the new configuration');
  }
}
