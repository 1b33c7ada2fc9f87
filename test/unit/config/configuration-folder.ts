import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Configuration } from '../../../src/domain/settings/configuration.js';
import { printFault } from '../../../src/config/fault.js';
import {
  loadConfiguration,
  type LoadedConfiguration,
} from '../../../src/config/load-configuration.js';

/** A folder with a configuration file, removed when the test that created it ends. */
export class ConfigurationFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'deploy-config-'));
  readonly file = join(this.path, 'deploy.yaml');

  constructor() {
    onTestFinished(() => {
      rmSync(this.path, { recursive: true, force: true });
    });
  }

  write(text: string | Uint8Array, name = 'deploy.yaml'): this {
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    writeFileSync(join(this.path, name), text);
    return this;
  }

  load(environment: NodeJS.ProcessEnv = {}): LoadedConfiguration {
    return loadConfiguration(this.file, environment);
  }

  /** `line:column: path: message` of every fault; empty if the configuration is valid. */
  faults(environment: NodeJS.ProcessEnv = {}): string[] {
    const loaded = this.load(environment);
    if (!('faults' in loaded)) return [];
    return loaded.faults.map((fault) => printFault(fault).slice(this.file.length + 1));
  }

  /** The configuration, which must be valid. */
  sound(environment: NodeJS.ProcessEnv = {}): Configuration {
    const loaded = this.load(environment);
    if ('faults' in loaded) throw new Error(loaded.faults.map(printFault).join('\n'));
    return loaded.configuration;
  }
}

/** The faults of a file with the content `text`. */
export function faultsOf(text: string | Uint8Array, environment: NodeJS.ProcessEnv = {}): string[] {
  return new ConfigurationFolder().write(text).faults(environment);
}

/** The configuration of a file with the content `text`, which must be valid. */
export function configurationOf(text: string, environment: NodeJS.ProcessEnv = {}): Configuration {
  return new ConfigurationFolder().write(text).sound(environment);
}
