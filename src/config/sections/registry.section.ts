import { IsOptional } from 'class-validator';
import type { Registry } from '../../domain/settings/configuration.js';
import { IsFilled, IsOneOf } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { isLoopback, parseRegistryHost } from '../registry-host.js';
import type { ReadContext } from '../secret-reader.js';
import { Key, missing, readSection } from '../section.js';
import { shown } from '../shown.js';

/** `registries.<host>`: how one registry is asked. */
export class RegistrySection {
  /** User name; together with `password`. Default: the Docker config file's credentials. */
  @Key('text')
  @IsOptional()
  @IsFilled()
  username?: string;

  /** Password or access token; together with `username`. Default: the Docker config file's credentials. */
  @Key('nested')
  password?: string;

  /** `true`: plain http is meant so. Default `false`; loopback addresses need it not. */
  @Key('plain')
  @IsOptional()
  @IsOneOf([true, false])
  insecure?: boolean;
}

/** Reads `registries`. */
export function readRegistries(place: ConfigNode | undefined, reading: ReadContext): Registry[] {
  const registries: Registry[] = [];
  for (const [name, child] of place?.entries() ?? []) {
    const registry = readRegistry(name, child, registries, reading);
    if (registry !== null) registries.push(registry);
  }
  return registries;
}

function readRegistry(
  name: string,
  place: ConfigNode,
  earlier: readonly Registry[],
  reading: ReadContext,
): Registry | null {
  const section = readSection(place, RegistrySection);
  const parsed = parseRegistryHost(name);
  if ('problem' in parsed) place.faultAtKey(parsed.problem);
  if (section === null) return null;
  const { leaves, places } = section;
  const passwordPlace = places.get('password');
  const password = passwordPlace === undefined ? null : reading.secrets.readPassword(passwordPlace);
  if (passwordPlace === undefined && places.has('username')) {
    place.faultOfMissing('password', missing('a username needs its password'));
  }
  if (passwordPlace !== undefined && !places.has('username')) {
    place.faultOfMissing('username', missing('a password needs its username'));
  }
  if ('problem' in parsed) return null;
  const { host, isPlainHttp } = parsed;
  const insecure = leaves.insecure === true;
  if (isPlainHttp && !insecure && !isLoopback(host)) {
    place.faultAtKey('plain http sends passwords in the clear; use https, or say insecure: true');
  }
  if (earlier.some((registry) => registry.host === host)) {
    place.faultAtKey(`the registry ${shown(host)} stands here twice; keep one`);
  }
  return { host, username: leaves.username ?? null, password, insecure };
}
