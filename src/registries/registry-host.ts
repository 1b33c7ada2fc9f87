import type { Registry } from '../domain/settings/configuration.js';
import { DeployError } from '../domain/errors.js';
import { parseImageReference } from '../domain/image/image-reference.js';
import { isLoopbackHost } from '../outgoing/address-guard.js';

/** The registry of image references without a host. */
export const DOCKER_HUB = 'docker.io';
/** The key of Docker Hub in Docker's own files and headers. */
export const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

const DOCKER_HUB_API = 'registry-1.docker.io';
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set([
  DOCKER_HUB,
  'index.docker.io',
  DOCKER_HUB_API,
]);

/** The registries of the current configuration. */
export interface ConfiguredRegistries {
  registries(): readonly Registry[];
}

/** Where requests for a repository go. */
export interface RegistryTarget {
  /** Host as shown to users and used for credentials: `docker.io`, `ghcr.io`, `localhost:5000`. */
  readonly registry: string;
  /** Host (and port, if one was written) that requests go to, e.g. `registry-1.docker.io`. */
  readonly authority: string;
  /** The same without the port, in the form of `URL.hostname`. */
  readonly hostname: string;
  /** Path in the registry, e.g. `acme/web`. */
  readonly path: string;
  /** Loopback, or `insecure: true`: certificates are not checked and plain http is tried if TLS fails. */
  readonly plainHttpAllowed: boolean;
}

/**
 * One name for all spellings of a registry in configurations and Docker's files: in lower case, without scheme
 * and path, and `docker.io` for each name of Docker Hub.
 */
export function canonicalRegistryHost(written: string): string {
  const host = hostOfKey(written).toLowerCase();
  return DOCKER_HUB_NAMES.has(host) ? DOCKER_HUB : host;
}

/** Whether two host names of URLs are the same machine, judged by name alone. */
export function isSameHostname(one: string, other: string): boolean {
  return one === other || (isLoopbackName(one) && isLoopbackName(other));
}

/** Determines which host serves a repository and which rules apply to it. */
export class RegistryHosts {
  constructor(private readonly configuration: ConfiguredRegistries) {}

  /**
   * @param repository canonical, e.g. `docker.io/acme/web`
   * @throws DeployError `invalid-reference`
   */
  targetOf(repository: string): RegistryTarget {
    const { domain, path } = parseImageReference(repository);
    const registry = canonicalRegistryHost(domain);
    const authority = registry === DOCKER_HUB ? DOCKER_HUB_API : domain.toLowerCase();
    const url = urlOfHost(authority);
    if (url === null) {
      throw new DeployError('invalid-reference', `${domain} is not the address of a registry`);
    }
    return {
      registry,
      authority,
      hostname: url.hostname,
      path,
      plainHttpAllowed:
        isLoopbackHost(url.hostname) || this.configured(registry)?.insecure === true,
    };
  }

  /** The configuration's entry for a registry, under any of its names. */
  configured(registry: string): Registry | null {
    const wanted = canonicalRegistryHost(registry);
    const found = this.configuration
      .registries()
      .find((entry) => canonicalRegistryHost(entry.host) === wanted);
    return found ?? null;
  }

  /** Whether the host (and port) of a URL is a configured registry. */
  isNamed(url: URL): boolean {
    return this.configuration
      .registries()
      .some((entry) => urlOfHost(hostOfKey(entry.host), url.protocol)?.host === url.host);
  }
}

/** Normalises a key as Docker does in its last attempt: without scheme and path. */
function hostOfKey(key: string): string {
  return key.replace(/^https?:\/\//i, '').split('/', 1)[0] ?? '';
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

function urlOfHost(host: string, protocol = 'https:'): URL | null {
  const text = `${protocol}//${host}`;
  return URL.canParse(text) ? new URL(text) : null;
}
