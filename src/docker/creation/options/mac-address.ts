import type { ContainerConfig, EndpointSettings } from '../../inspection/inspection.js';
import { isApiAtLeast } from './api-version.js';

/**
 * The MAC address to ask for on one endpoint; undefined where the engine shall choose.
 *
 * Endpoints take one from API 1.44 on (below it stands in `Config.MacAddress`, for all). Up to 1.51 an
 * inspection shows in `Config.MacAddress` what the user set for the first network. For everything
 * else it shows only the address in use: one that the engine made of the IP address (`02:42` and its
 * four bytes) is dropped, any other is kept, because a lost address that a user reserved somewhere
 * is worse than a random one that stays the same.
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
