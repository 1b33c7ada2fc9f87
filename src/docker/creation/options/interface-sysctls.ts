import { isApiAtLeast } from './api-version.js';

/** The endpoint option for kernel settings of one interface, from API 1.46 on. */
export const ENDPOINT_SYSCTLS = 'com.docker.network.endpoint.sysctls';
/** `net.ipv4.conf.eth0.log_martians` and the like. */
const OF_FIRST_INTERFACE = /^(net\.[^.]+\.[^.]+)\.eth0\.(.+)$/;

export interface Sysctls {
  /** For `HostConfig.Sysctls`; undefined if there are none. */
  readonly host: Readonly<Record<string, string>> | undefined;
  /** Value of the endpoint option on the container's first network; null if there is none. */
  readonly endpoint: string | null;
}

/**
 * Kernel settings. Those of the first interface are separate if the API refuses them among the others (1.48 and newer,
 * for a container with its own networks). Only `eth0` can be assigned: the network of another interface is not
 * recorded, so its settings stay in place and the engine refuses the creation, before anything is touched.
 */
export function sysctlsOf(
  sysctls: Readonly<Record<string, string>> | null | undefined,
  apiVersion: string,
  hasEndpoint: boolean,
): Sysctls {
  if (sysctls === null || sysctls === undefined) return { host: undefined, endpoint: null };
  const isRefused = hasEndpoint && isApiAtLeast(apiVersion, '1.48');
  if (!isRefused) return { host: sysctls, endpoint: null };
  const settings = Object.entries(sysctls);
  const isMoved = ([key]: [string, string]): boolean => OF_FIRST_INTERFACE.test(key);
  const moved = settings
    .filter(isMoved)
    .map(([key, value]) => `${key.replace(OF_FIRST_INTERFACE, '$1.IFNAME.$2')}=${value}`);
  return {
    host: Object.fromEntries(settings.filter((setting) => !isMoved(setting))),
    endpoint: moved.length === 0 ? null : moved.join(','),
  };
}
