import type { OverlapFacts } from '../../domain/rollout/strategy.js';
import { containerState } from './container-state.js';
import type { ContainerInspection, PortMap } from './inspection.js';

/** On a volume: `true`. On a container: `true` for all its volumes and mounts, or a list of mount points. */
const EXCLUSIVE_LABEL = 'deploy.exclusive';

/** Facts about running a second container beside this one, from the container and the labels of its volumes. */
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

/** Without ports that the engine chooses (none, or 0), and without ranges, from which the engine takes a free port. */
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

/** A socket holds no data, so two containers may share it. An inspection only shows its name. */
function isSocket({ Source: source }: { readonly [field: string]: unknown }): boolean {
  return typeof source === 'string' && source.endsWith('.sock');
}
