import type { OverlapFacts } from '../../domain/rollout/strategy.js';
import { containerState } from './container-state.js';
import type { ContainerInspection, PortMap } from './inspection.js';

/** On a volume: `true`. On a container: `true` for all its volumes and mounts, or a list of places in it. */
const EXCLUSIVE_LABEL = 'deploy.exclusive';

/** What the container alone, and the labels of its volumes, say about a second one beside it. */
export function overlapFactsOf(
  container: ContainerInspection,
  /** Labels of the volumes, by volume name. */
  volumeLabels: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Omit<
  OverlapFacts,
  'networks' | 'networkDrivers' | 'waitingNetwork' | 'isProbedAtPublishedPort' | 'dependents'
> {
  const { HostConfig: host, Config: config } = container;
  const mounts = (container.Mounts ?? []).filter(({ Type: type }) => type !== 'tmpfs');
  const marked = (config.Labels?.[EXCLUSIVE_LABEL] ?? '').split(',').map((each) => each.trim());
  const isExclusive = ({ Destination: place, Name: name = '' }: (typeof mounts)[number]): boolean =>
    marked.includes('true') ||
    marked.includes(place) ||
    volumeLabels.get(name)?.[EXCLUSIVE_LABEL] === 'true';
  return {
    isRunning: container.State.Running,
    autoRemove: host.AutoRemove === true,
    networkMode: host.NetworkMode ?? '',
    fixedAddresses: fixedAddressesOf(container),
    fixedMacAddress: config.MacAddress ?? null,
    fixedPorts: fixedPortsOf(host.PortBindings ?? {}),
    unpublishedPorts: containerState(container)?.unpublished ?? [],
    links: host.Links ?? [],
    devices: devicesOf(host),
    exclusiveVolumes: mounts.filter(isExclusive).map((mount) => mount.Destination),
    writableVolumes: mounts
      .filter((mount) => mount.RW !== false && !isSocket(mount))
      .map((mount) => mount.Destination),
  };
}

function fixedAddressesOf({ NetworkSettings: settings }: ContainerInspection): string[] {
  return Object.values(settings.Networks ?? {})
    .flatMap(({ IPAMConfig: asked }) => [
      asked?.IPv4Address ?? '',
      asked?.IPv6Address ?? '',
      ...(asked?.LinkLocalIPs ?? []),
    ])
    .filter((address) => address !== '');
}

/** Neither those that the engine chooses (no port, or 0) nor ranges, of which the next free one is taken. */
function fixedPortsOf(bindings: PortMap): string[] {
  return Object.values(bindings)
    .flatMap((list) => list ?? [])
    .filter(({ HostPort: port = '' }) => /^[1-9]\d*$/.test(port))
    .map(({ HostIp: address = '', HostPort: port = '' }) =>
      address === '' ? port : `${address}:${port}`,
    );
}

function devicesOf(host: ContainerInspection['HostConfig']): string[] {
  const devices = (host['Devices'] ?? []) as readonly { readonly PathOnHost?: string }[];
  const requests = (host['DeviceRequests'] ?? []) as readonly { readonly Driver?: string }[];
  return [
    ...devices.map(({ PathOnHost: path = 'of unknown name' }) => path),
    ...requests.map(
      ({ Driver: driver = '' }) => `of a request to ${driver === '' ? 'any driver' : driver}`,
    ),
  ];
}

/** A socket is no data: two may talk over it. Its name is all that an inspection tells of it. */
function isSocket({ Source: source }: { readonly [field: string]: unknown }): boolean {
  return typeof source === 'string' && source.endsWith('.sock');
}
