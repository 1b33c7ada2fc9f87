import type { NetworkAttachment, RolloutIntent } from './intent.js';
import { isActive, type ContainerState } from './container-state.js';

/** It has no aliases: containers cannot find each other by name on it. */
const DEFAULT_BRIDGE = 'bridge';

/** Whether the container is on the waiting network. */
export function isWaiting(container: ContainerState, { waiting }: RolloutIntent): boolean {
  return waiting !== null && waiting.name in container.networks;
}

/** Whether the container is on any network of the service. */
export function isOnNetworks(container: ContainerState, { networks }: RolloutIntent): boolean {
  return networks.some(({ name }) => name in container.networks);
}

/** Whether the container is on all networks of the service. */
export function isOnAllNetworks(container: ContainerState, { networks }: RolloutIntent): boolean {
  return networks.every(({ name }) => name in container.networks);
}

/**
 * Whether clients reach the container: its process is alive, and in a handover it has the networks and its ports,
 * which the waiting network would withhold. An engine that cannot bind a port when the gateway moves does not report it.
 */
export function isServing(container: ContainerState | null, intent: RolloutIntent): boolean {
  if (container === null || !isActive(container)) return false;
  if (intent.strategy !== 'handover') return true;
  return hasTheNetworks(container, intent) && container.unpublished.length === 0;
}

/** Whether the container has been given the service's networks: it is on all of them, and not waiting. */
export function hasTheNetworks(container: ContainerState, intent: RolloutIntent): boolean {
  return isOnAllNetworks(container, intent) && !isWaiting(container, intent);
}

/**
 * The service's networks as the new container finally gets them. The service's name has to be an alias,
 * because the container has another name at first, and not every engine updates DNS when a running
 * container is renamed.
 */
export function networksWithNames(intent: RolloutIntent): readonly NetworkAttachment[] {
  return intent.networks.map((network) => {
    const { name, endpoint } = network;
    if (name === DEFAULT_BRIDGE) return network;
    const aliases = [...new Set([...aliasesOf(endpoint), intent.container])];
    return { ...network, endpoint: { ...endpoint, Aliases: aliases } };
  });
}

/** The same networks without aliases, while clients must not find the container by name. */
export function networksWithoutNames(intent: RolloutIntent): readonly NetworkAttachment[] {
  return intent.networks.map(({ endpoint: { Aliases: _, ...endpoint }, ...network }) => ({
    ...network,
    endpoint,
  }));
}

/** Whether clients find the container by all of its names. */
export function hasNames(container: ContainerState, intent: RolloutIntent): boolean {
  return isConnected(container, networksWithNames(intent));
}

/**
 * Whether the old container is on its networks as the user connected it. A restarted engine by itself connects a
 * container that has no network, but without its aliases.
 */
export function isAsBefore(old: ContainerState, { networks }: RolloutIntent): boolean {
  return isConnected(old, networks);
}

/** Whether a container is on all of these networks, with their aliases. */
export function isConnected(
  container: ContainerState,
  networks: readonly NetworkAttachment[],
): boolean {
  return networks.every(({ name, endpoint }) => {
    const has = container.networks[name];
    return has !== undefined && aliasesOf(endpoint).every((alias) => has.includes(alias));
  });
}

/**
 * The networks in the order in which an engine picks the gateway, on which it binds the ports: those with access to
 * the outside first, then by name.
 */
export function inGatewayOrder(
  networks: readonly NetworkAttachment[],
): readonly NetworkAttachment[] {
  const rank = ({ isInternal, name }: NetworkAttachment): string =>
    `${isInternal === true ? '1' : '0'} ${name}`;
  return networks.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

function aliasesOf(endpoint: NetworkAttachment['endpoint']): readonly string[] {
  return (endpoint['Aliases'] as readonly string[] | undefined) ?? [];
}
