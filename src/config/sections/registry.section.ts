import { IsOptional } from 'class-validator';
import type { Registry } from '../../domain/settings/configuration.js';
import { IsFilled, IsOneOf } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { isLoopback, parseRegistryHost } from '../registry-host.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, missing, readSection } from '../section.js';
import { shown } from '../shown.js';

/** `registries.<host>`: how to access one registry. */
export class RegistrySection {
  /** User name; requires `password`. Default: the Docker config file's credentials. */
  @Key('string')
  @IsOptional()
  @IsFilled()
  username?: string;

  /** Password or access token; requires `username`. Default: the Docker config file's credentials. */
  @Key('nested')
  password?: string;

  /** `true` allows plain http. Default `false`; loopback addresses do not need it. */
  @Key('scalar')
  @IsOptional()
  @IsOneOf([true, false])
  insecure?: boolean;
}

/** Reads `registries`. */
export function readRegistries(node: ConfigNode | undefined, context: ReadContext): Registry[] {
  const registries: Registry[] = [];
  for (const [name, child] of node?.entries() ?? []) {
    const registry = readRegistry(name, child, registries, context);
    if (registry !== null) registries.push(registry);
  }
  return registries;
}

function readRegistry(
  name: string,
  node: ConfigNode,
  earlier: readonly Registry[],
  context: ReadContext,
): Registry | null {
  const section = readSection(node, RegistrySection);
  const parsed = parseRegistryHost(name);
  if ('problem' in parsed) node.faultAtKey(parsed.problem);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const passwordNode = nodes.get('password');
  const password = passwordNode === undefined ? null : context.secrets.readPassword(passwordNode);
  if (passwordNode === undefined && nodes.has('username')) {
    node.faultForMissing('password', missing('a username needs a password'));
  }
  if (passwordNode !== undefined && !nodes.has('username')) {
    node.faultForMissing('username', missing('a password needs a username'));
  }
  if ('problem' in parsed) return null;
  const { host, isPlainHttp } = parsed;
  const insecure = leaves.insecure === true;
  if (isPlainHttp && !insecure && !isLoopback(host)) {
    node.faultAtKey('plain http sends passwords unencrypted; use https, or write insecure: true');
  }
  if (earlier.some((registry) => registry.host === host)) {
    node.faultAtKey(`the registry ${shown(host)} is listed twice; keep one of them`);
  }
  return { host, username: leaves.username ?? null, password, insecure };
}
