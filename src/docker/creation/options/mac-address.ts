import type { ContainerConfig, EndpointSettings } from '../../inspection/inspection.js';
import { isApiAtLeast } from './api-version.js';

/**
 * The MAC address to request for an endpoint; undefined if the engine should choose.
 *
 * Endpoints take one from API 1.44 on (below that, `Config.MacAddress` holds one for all). Up to API 1.51,
 * `Config.MacAddress` of an inspection shows what the user set for the first network. In all other cases it shows only
 * the address in use: one that the engine derived from the IP address (`02:42` and its four bytes) is dropped, any
 * other is kept, because losing an address that a user reserved somewhere is worse than keeping a random one.
 */
export function macAddressOf(
  config: ContainerConfig,
  endpoint: EndpointSettings,
  isFirst: boolean,
  apiVersion: string,
): string | undefined {
  if (!isApiAtLeast(apiVersion, '1.44')) return undefined;
  if (isFirst && !isApiAtLeast(apiVersion, '1.52')) return config.MacAddress || undefined;
  const { MacAddress: inUse = '', IPAddress: address = '' } = endpoint;
  return inUse === '' || inUse.toLowerCase() === madeOf(address) ? undefined : inUse;
}

function madeOf(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return ['02', '42', ...bytes].join(':');
}
