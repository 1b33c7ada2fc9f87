import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IsOptional } from 'class-validator';
import { messageOf } from '../../domain/errors.js';
import type { Engine } from '../../domain/settings/configuration.js';
import { Secret } from '../../domain/secrets/secret.js';
import { parseEngineHost } from '../engine-host.js';
import { IsFilled, IsOneOf, isName, NAME_RULE } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, readSection, Required } from '../section.js';
import { shown } from '../shown.js';

const PEM = 'write the path of the PEM file, e.g. ca.pem';

/** `engines.<engine>.tls`: three PEM files; relative paths start at the configuration file's folder. */
export class TlsSection {
  /** Certificate of the authority that signed the engine's certificate. Required. */
  @Key('string')
  @Required(PEM)
  @IsFilled()
  ca!: string;

  /** Deploy's client certificate. Required. */
  @Key('string')
  @Required(PEM)
  @IsFilled()
  cert!: string;

  /** The private key of the client certificate. Required. */
  @Key('string')
  @Required(PEM)
  @IsFilled()
  key!: string;
}

/** `engines.<engine>`: one Docker engine. */
export class EngineSection {
  /** `unix:///path` or `tcp://host:port`. Default: `DOCKER_HOST`, else `unix:///var/run/docker.sock`. */
  @Key('string')
  @IsOptional()
  host?: string;

  /** Certificates for `tcp://`. Default: with `DOCKER_HOST` and `DOCKER_TLS_VERIFY` those of `DOCKER_CERT_PATH`. */
  @Key('nested')
  tls?: TlsSection;

  /** `true` allows `tcp://` without tls. Default `false`. */
  @Key('scalar')
  @IsOptional()
  @IsOneOf([true, false])
  insecure?: boolean;
}

type Tls = NonNullable<Engine['tls']>;

const DEFAULT_ENGINE = 'local';
const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/** All engines by name. Invalid ones are null, so that references to them cause no further fault. */
export type EnginesByName = ReadonlyMap<string, Engine | null>;

/** Reads `engines`. Without any there is `local`, whose faults are reported at `root`. */
export function readEngines(
  node: ConfigNode | undefined,
  root: ConfigNode,
  context: ReadContext,
): EnginesByName {
  const engines = new Map<string, Engine | null>();
  const entries = node === undefined ? new Map<string, ConfigNode>() : node.entries();
  for (const [name, child] of entries ?? []) {
    if (!isName(name)) child.faultAtKey(`${shown(name)} is not ${NAME_RULE}`);
    engines.set(name, readEngine(name, child, context));
  }
  if (entries?.size === 0) {
    const fault = (message: string): void => {
      root.faultForMissing(`engines.${DEFAULT_ENGINE}`, message);
    };
    engines.set(DEFAULT_ENGINE, fromEnvironment(DEFAULT_ENGINE, null, false, context, fault));
  }
  return engines;
}

function readEngine(name: string, node: ConfigNode, context: ReadContext): Engine | null {
  const section = readSection(node, EngineSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const isInsecure = leaves.insecure === true;
  const tlsNode = nodes.get('tls');
  const tls = tlsNode === undefined ? null : readTls(tlsNode, context);
  if (tlsNode !== undefined && isInsecure) {
    nodes.get('insecure')?.fault('tls and insecure: true contradict each other; keep one of them');
  }
  const hostNode = nodes.get('host');
  if (hostNode === undefined) {
    if (tlsNode !== undefined && tls === null) return null;
    return fromEnvironment(name, tls, isInsecure, context, (message) => {
      node.faultAtKey(message);
    });
  }
  if (leaves.host === undefined) return null;
  const parsed = parseEngineHost(leaves.host, tlsNode !== undefined);
  if (parsed.kind === 'unusable') {
    hostNode.fault(parsed.problem);
    return null;
  }
  if (parsed.kind === 'unix' && tlsNode !== undefined) {
    tlsNode.faultAtKey('a local socket does not use tls; remove it, or write a tcp:// host');
  }
  if (parsed.kind === 'tcp' && tlsNode === undefined && !isInsecure) hostNode.fault(NEEDS_TLS);
  return { name, host: parsed.host, tls };
}

const NEEDS_TLS =
  'tcp:// without tls gives everyone on the network control of the machine; add ' +
  'tls: { ca, cert, key }, or insecure: true if that is intended';

function readTls(node: ConfigNode, context: ReadContext): Tls | null {
  const section = readSection(node, TlsSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const read = (name: 'ca' | 'cert' | 'key'): string | null => {
    const path = leaves[name];
    if (path === undefined) return null;
    return readPem(resolve(context.folder, path), (message) => nodes.get(name)?.fault(message));
  };
  return tlsOf(read('ca'), read('cert'), read('key'));
}

function tlsOf(ca: string | null, cert: string | null, key: string | null): Tls | null {
  return ca === null || cert === null || key === null ? null : { ca, cert, key: new Secret(key) };
}

function readPem(path: string, fault: (message: string) => void): string | null {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
    fault(`${shown(path)} is not a PEM file; it must contain -----BEGIN …`);
  } catch (error) {
    fault(
      `the file cannot be read: ${messageOf(error)}; relative paths start at this file's folder`,
    );
  }
  return null;
}

/** An engine without its own `host`, configured by the variables that Docker's client reads. */
function fromEnvironment(
  name: string,
  ownTls: Tls | null,
  isInsecure: boolean,
  context: ReadContext,
  fault: (message: string) => void,
): Engine | null {
  const { DOCKER_HOST, DOCKER_TLS_VERIFY } = context.environment;
  const wantsTls = ownTls !== null || (DOCKER_TLS_VERIFY ?? '') !== '';
  const parsed = parseEngineHost(
    DOCKER_HOST === undefined || DOCKER_HOST === '' ? DEFAULT_HOST : DOCKER_HOST,
    wantsTls,
  );
  if (parsed.kind === 'unusable') {
    fault(`DOCKER_HOST: ${parsed.problem}`);
    return null;
  }
  if (parsed.kind === 'unix') {
    if (ownTls !== null)
      fault('a local socket does not use tls; remove it, or write a tcp:// host');
    return { name, host: parsed.host, tls: null };
  }
  if (!wantsTls && !isInsecure) fault(`DOCKER_HOST: ${NEEDS_TLS}`);
  const tls = ownTls ?? (wantsTls ? certificatesOfDocker(context, fault) : null);
  return { name, host: parsed.host, tls };
}

/** The certificates in `DOCKER_CERT_PATH`, else `~/.docker`, as Docker's client uses them with `DOCKER_TLS_VERIFY`. */
function certificatesOfDocker(context: ReadContext, fault: (message: string) => void): Tls | null {
  const { DOCKER_CERT_PATH, HOME } = context.environment;
  const folder =
    (DOCKER_CERT_PATH ?? '') === '' ? join(HOME ?? '/', '.docker') : (DOCKER_CERT_PATH ?? '');
  const read = (file: string): string | null =>
    readPem(join(folder, file), (message) => {
      fault(`DOCKER_CERT_PATH: ${message}`);
    });
  return tlsOf(read('ca.pem'), read('cert.pem'), read('key.pem'));
}
