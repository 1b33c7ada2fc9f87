import type { ContainerInspection } from './inspection.js';

export interface ProbeAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * The container's own address for a port; null if it has none (because it does not run or has no network).
 * @param except A network on which this machine cannot reach it.
 */
export function containerAddress(
  container: ContainerInspection,
  port: number,
  except: string | null = null,
): ProbeAddress | null {
  if (container.HostConfig.NetworkMode === 'host') return { host: '127.0.0.1', port };
  const endpoints = Object.entries(container.NetworkSettings.Networks ?? {})
    .filter(([name]) => name !== except)
    .map(([, endpoint]) => endpoint);
  const address = endpoints.map((endpoint) => endpoint.IPAddress ?? '').find((ip) => ip !== '');
  return address === undefined ? null : { host: address, port };
}

/**
 * Where a container's port is published, seen from this machine: on `engineHost`, or on this machine if that is
 * null. Null if the port is not published over TCP.
 */
export function publishedAddress(
  container: ContainerInspection,
  port: number,
  engineHost: string | null,
): ProbeAddress | null {
  const binding = container.NetworkSettings.Ports?.[`${String(port)}/tcp`]?.[0];
  if (binding === undefined) return null;
  const { HostIp: address = '', HostPort: hostPort } = binding;
  const isAny = ['', '0.0.0.0', '::'].includes(address);
  return { host: engineHost ?? (isAny ? '127.0.0.1' : address), port: Number(hostPort) };
}
