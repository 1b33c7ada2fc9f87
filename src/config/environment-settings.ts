import { join } from 'node:path';
import type { ListenAddress } from '../domain/settings/configuration.js';
import type { Token } from '../domain/settings/access.js';
import { Secret } from '../domain/secrets/secret.js';
import type { FaultList } from './fault.js';
import { LISTEN_FORMS, parseListenAddress } from './listen-address.js';
import type { SecretReader } from './secret-reader.js';
import { ADMIN_TOKEN_NAME } from './sections/access.section.js';
import { alternatives, shown } from './shown.js';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const LOG_FORMATS = ['json', 'pretty'] as const;

/** Settings that only environment variables make; they hold for the lifetime of the process. */
export interface EnvironmentSettings {
  /** `DEPLOY_LISTEN`; default `127.0.0.1:8080`. */
  readonly listen: ListenAddress;
  /** `DEPLOY_LOG_LEVEL`; default `info`. */
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** `DEPLOY_LOG_FORMAT`; null means `pretty` on a terminal, else `json`. */
  readonly logFormat: (typeof LOG_FORMATS)[number] | null;
  /** The folder of Docker's `config.json`: `DOCKER_CONFIG`, else `$HOME/.docker`. */
  readonly dockerConfigFolder: string;
  /** `DOCKER_AUTH_CONFIG`: the content of a Docker config file; takes precedence over the file. */
  readonly dockerAuthConfig: Secret | null;
}

const DEFAULT_LISTEN: ListenAddress = { host: '127.0.0.1', port: 8080 };
const DEFAULT_CONFIGURATION_PATH = './deploy.yaml';

/** The environment of this process. No other code reads `process.env`. */
export function processEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

/** `DEPLOY_CONFIG`, else `./deploy.yaml`. Here and below, an empty variable counts as not set. */
export function configurationPath(environment: NodeJS.ProcessEnv): string {
  return valueOf(environment, 'DEPLOY_CONFIG') ?? DEFAULT_CONFIGURATION_PATH;
}

/** Reads the settings from environment variables. An invalid one is a fault, and its setting has its default. */
export function readEnvironmentSettings(
  environment: NodeJS.ProcessEnv,
  faults: FaultList,
): EnvironmentSettings {
  const listen = valueOf(environment, 'DEPLOY_LISTEN');
  const parsed = listen === null ? DEFAULT_LISTEN : parseListenAddress(listen);
  if (parsed === null) {
    faults.addWhole('DEPLOY_LISTEN', `${shown(listen)} is not ${LISTEN_FORMS}`);
  }
  const home = valueOf(environment, 'HOME');
  const auth = valueOf(environment, 'DOCKER_AUTH_CONFIG');
  return {
    listen: parsed ?? DEFAULT_LISTEN,
    logLevel: oneOf(environment, 'DEPLOY_LOG_LEVEL', LOG_LEVELS, faults) ?? 'info',
    logFormat: oneOf(environment, 'DEPLOY_LOG_FORMAT', LOG_FORMATS, faults),
    dockerConfigFolder: valueOf(environment, 'DOCKER_CONFIG') ?? join(home ?? '/', '.docker'),
    dockerAuthConfig: auth === null ? null : new Secret(auth),
  };
}

/** The token of `DEPLOY_ADMIN_TOKEN`; null if it is not set or invalid. */
export function readAdminToken(
  environment: NodeJS.ProcessEnv,
  secrets: SecretReader,
  faults: FaultList,
): Token | null {
  const value = valueOf(environment, 'DEPLOY_ADMIN_TOKEN');
  if (value === null) return null;
  const secret = secrets.readVariable('DEPLOY_ADMIN_TOKEN', value, (problem) => {
    faults.addWhole('DEPLOY_ADMIN_TOKEN', `the environment variable ${problem}`);
  });
  if (secret === null) return null;
  return { name: ADMIN_TOKEN_NAME, role: 'admin', secret, environments: null };
}

function valueOf(environment: NodeJS.ProcessEnv, name: string): string | null {
  const value = environment[name];
  return value === undefined || value === '' ? null : value;
}

function oneOf<T extends string>(
  environment: NodeJS.ProcessEnv,
  name: string,
  known: readonly T[],
  faults: FaultList,
): T | null {
  const value = valueOf(environment, name);
  if (value === null) return null;
  const found = known.find((each) => each === value) ?? null;
  if (found === null)
    faults.addWhole(name, `${shown(value)} is not allowed; write ${alternatives(known)}`);
  return found;
}
