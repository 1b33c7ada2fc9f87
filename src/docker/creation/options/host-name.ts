import type { ContainerInspection } from '../../inspection/inspection.js';

/**
 * The host name that the user set; undefined where the engine made it up.
 *
 * The engine fills in the first 12 digits of the container's id (carried over, the new container
 * would bear the dead one's for ever), the host's name in the host's network, and the other
 * container's in `container:` mode. It refuses one beside `container:` or `UTSMode: host` (400).
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
 * The domain name that the user set. In `container:` mode the engine fills in the other
 * container's; in no other mode does it make one up.
 */
export function domainNameOf(container: ContainerInspection): string | undefined {
  const { Domainname: domainName = '' } = container.Config;
  const isShared = (container.HostConfig.NetworkMode ?? '').startsWith('container:');
  return domainName === '' || isShared ? undefined : domainName;
}
