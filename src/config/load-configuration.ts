import 'reflect-metadata';
import { dirname, resolve } from 'node:path';
import type { Configuration } from '../domain/settings/configuration.js';
import {
  readAdminToken,
  readEnvironmentSettings,
  type EnvironmentSettings,
} from './environment-settings.js';
import { FaultList, WHOLE_FILE, type Fault } from './fault.js';
import { HandlerSources } from './handler-sources.js';
import { ConfigNode, TooManyNodes } from './config-node.js';
import { readConfiguration } from './sections/configuration.section.js';
import { SecretReader, type ReadContext } from './secret-reader.js';
import { readSourceText } from './source-text.js';
import { parseYaml } from './yaml-document.js';

/** The whole configuration, or every error in it. */
export type LoadedConfiguration =
  | { readonly configuration: Configuration; readonly settings: EnvironmentSettings }
  | { readonly faults: readonly Fault[] };

/**
 * Reads the configuration file, the files that it refers to, and the given environment variables. Never
 * throws because of what a user wrote: all faults are returned together, in file order.
 */
export function loadConfiguration(
  path: string,
  environment: NodeJS.ProcessEnv,
): LoadedConfiguration {
  const faults = new FaultList(path);
  const settings = readEnvironmentSettings(environment, faults);
  const sources = { environment, folder: dirname(resolve(path)) };
  const secrets = new SecretReader(sources);
  const context: ReadContext = { ...sources, faults, secrets, handlers: new HandlerSources() };
  const configuration = readFile(path, context);
  const found = faults.inOrder();
  return configuration === null || found.length > 0
    ? { faults: found }
    : { configuration, settings };
}

function readFile(path: string, context: ReadContext): Configuration | null {
  const { environment, faults, secrets } = context;
  const adminToken = readAdminToken(environment, secrets, faults);
  const text = readSourceText(path, faults);
  const document = text === null ? null : parseYaml(text, faults);
  if (document === null) return null;
  try {
    const configuration = readConfiguration(ConfigNode.root(document), adminToken, context);
    secrets.reportRepeated();
    return configuration;
  } catch (error) {
    if (!(error instanceof TooManyNodes)) throw error;
    faults.addWhole(
      WHOLE_FILE,
      'the file has more than 50000 values; check for aliases that contain other aliases',
    );
    return null;
  }
}
