import type { NetworkAttachment } from '../../../domain/rollout/intent.js';
import type { ContainerInspection, EndpointSettings } from '../../inspection/inspection.js';
import { isApiAtLeast } from './api-version.js';
import { definedFields, unlessEmpty } from './defined-fields.js';
import { ENDPOINT_SYSCTLS } from './interface-sysctls.js';
import { macAddressOf } from './mac-address.js';

/** Modes that are not real networks: they have no endpoint settings. */
const NOT_ATTACHABLE = ['host', 'none'];
const DEFAULT_BRIDGE = 'bridge';

/**
 * The container's CURRENT networks, that of its network mode first; networks that were connected or disconnected after
 * its creation are taken into account. Empty if it has no network of its own (`host`, `none`, `container:…`).
 */
export function attachmentsOf(
  container: ContainerInspection,
  apiVersion: string,
  endpointSysctls: string | null,
): NetworkAttachment[] {
  return networksOf(container).map(([name, settings], index) => ({
    name,
    endpoint: endpointOf(name, settings, {
      container,
      apiVersion,
      isFirst: index === 0,
      sysctls: index === 0 ? endpointSysctls : null,
    }),
  }));
}

/** The network mode with the network's name instead of its id, which changes when the network is recreated. */
export function networkModeByName(container: ContainerInspection): string | undefined {
  const mode = container.HostConfig.NetworkMode;
  const networks = Object.entries(container.NetworkSettings.Networks ?? {});
  return networks.find(([, settings]) => mode && settings.NetworkID === mode)?.[0] ?? mode;
}

/** Whether the container has a network of its own, and therefore endpoint settings. */
export function hasOwnNetwork(container: ContainerInspection): boolean {
  return networksOf(container).length > 0;
}

function networksOf(container: ContainerInspection): [string, EndpointSettings][] {
  const mode = container.HostConfig.NetworkMode ?? '';
  if (NOT_ATTACHABLE.includes(mode) || mode.startsWith('container:')) return [];
  const networks = Object.entries(container.NetworkSettings.Networks ?? {}).filter(
    ([name]) => !NOT_ATTACHABLE.includes(name),
  );
  const first = networks.filter(([name, settings]) => isOfMode(mode, name, settings));
  const others = networks.filter(([name, settings]) => !isOfMode(mode, name, settings));
  return [...first, ...others];
}

function isOfMode(mode: string, name: string, settings: EndpointSettings): boolean {
  if (mode === 'default' || mode === '') return name === DEFAULT_BRIDGE;
  return mode === name || mode === settings.NetworkID;
}

interface EndpointContext {
  readonly container: ContainerInspection;
  readonly apiVersion: string;
  readonly isFirst: boolean;
  readonly sysctls: string | null;
}

/** The settings of an endpoint without what the engine derived (ids, addresses, gateways, DNS names). */
function endpointOf(
  name: string,
  settings: EndpointSettings,
  { container, apiVersion, isFirst, sysctls }: EndpointContext,
): Record<string, unknown> {
  const hasPriority = isApiAtLeast(apiVersion, '1.48') && (settings.GwPriority ?? 0) !== 0;
  return definedFields({
    Aliases: name === DEFAULT_BRIDGE ? undefined : aliasesOf(settings, container, apiVersion),
    IPAMConfig: hasAddress(settings) ? settings.IPAMConfig : undefined,
    Links: unlessEmpty(settings.Links ?? []),
    DriverOpts: driverOptionsOf(settings, sysctls),
    GwPriority: hasPriority ? settings.GwPriority : undefined,
    MacAddress: macAddressOf(container.Config, settings, isFirst, apiVersion),
  });
}

/**
 * The aliases that the user chose. Below API 1.45 the engine adds its own: the container's short id, which would
 * accumulate with each replacement; and in API 1.44 the host name, which such engines resolve anyway. Older engines do
 * not add the host name, so there it is the user's.
 */
function aliasesOf(
  settings: EndpointSettings,
  container: ContainerInspection,
  apiVersion: string,
): readonly string[] | undefined {
  const addsHostName = isApiAtLeast(apiVersion, '1.44') && !isApiAtLeast(apiVersion, '1.45');
  const byEngine = [
    container.Id.slice(0, 12),
    ...(addsHostName ? [container.Config.Hostname] : []),
  ];
  return unlessEmpty((settings.Aliases ?? []).filter((alias) => !byEngine.includes(alias)));
}

/** Requested addresses; the address in use is elsewhere and never becomes a static one. */
function hasAddress({ IPAMConfig: addresses }: EndpointSettings): boolean {
  const { IPv4Address: four, IPv6Address: six, LinkLocalIPs: local } = addresses ?? {};
  return Boolean(four) || Boolean(six) || (local ?? []).length > 0;
}

function driverOptionsOf(
  settings: EndpointSettings,
  sysctls: string | null,
): Record<string, string> | undefined {
  const own = settings.DriverOpts ?? {};
  const all = [own[ENDPOINT_SYSCTLS], sysctls].filter(
    (each) => each !== undefined && each !== null,
  );
  const merged = sysctls === null ? own : { ...own, [ENDPOINT_SYSCTLS]: all.join(',') };
  return Object.keys(merged).length === 0 ? undefined : merged;
}
