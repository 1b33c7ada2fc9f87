import type { ContainerInspection } from '../../inspection/inspection.js';

/**
 * The host name that the user set; undefined if the engine generated it.
 *
 * The engine fills in the first 12 digits of the container's id (if copied, the new container would keep that of the
 * removed one forever), the host's name in the host's network, and the other container's name in `container:` mode. It
 * refuses a host name together with `container:` or `UTSMode: host` (400).
 */
export function hostNameOf(
  container: ContainerInspection,
  engineHostName: string,
): string | undefined {
  const { Hostname: hostName = '' } = container.Config;
  const { NetworkMode: networkMode = '', UTSMode: utsMode = '' } = container.HostConfig;
  if (hostName === '' || hostName === container.Id.slice(0, 12)) return undefined;
  if (networkMode.startsWith('container:') || utsMode === 'host') return undefined;
  if (networkMode === 'host' && hostName === engineHostName) return undefined;
  return hostName;
}

/**
 * The domain name that the user set. In `container:` mode the engine fills in the other container's; in other modes it
 * fills in none.
 */
export function domainNameOf(container: ContainerInspection): string | undefined {
  const { Domainname: domainName = '' } = container.Config;
  const isShared = (container.HostConfig.NetworkMode ?? '').startsWith('container:');
  return domainName === '' || isShared ? undefined : domainName;
}
