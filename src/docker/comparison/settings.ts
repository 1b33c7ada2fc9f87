import type {
  ContainerConfig,
  ContainerInspection,
  EndpointSettings,
} from '../inspection/inspection.js';
import { isApiAtLeast } from '../creation/options/api-version.js';
import { cleanPath } from '../creation/options/container-path.js';
import { swappinessOf } from '../creation/options/host-config.js';
import { domainNameOf, hostNameOf } from '../creation/options/host-name.js';
import { linksAsWritten } from '../inspection/links.js';
import { bindsOf, volumeAt } from '../creation/options/mounts.js';
import { networkModeByName } from '../creation/options/networks.js';
import { maskedPathsOf, readOnlyPathsOf } from '../creation/options/protected-paths.js';
import type { ReplacementInput } from '../creation/options/replacement-input.js';
import { modeByName } from '../inspection/shared-namespace.js';
import { volumesFromByName } from '../creation/options/volumes-from.js';
import { canonical } from './canonical.js';

/** Settings by their path in an inspection, without unset ones. */
export type Settings = ReadonlyMap<string, string>;

/** Context for comparing two containers on one engine. */
export type ComparisonContext = Pick<ReplacementInput, 'apiVersion' | 'engine' | 'containerNames'>;

type Entries = [string, unknown][];

/** Only images have these, and they are never sent. */
const OF_IMAGES = ['OnBuild', 'ArgsEscaped'];
/** Compared key by key: images and users set the entries individually. */
const BY_KEY = ['Labels', 'ExposedPorts', 'Volumes', 'Healthcheck'] as const;

/** All settings of a container, except ids of other containers and what engines fill in. */
export function settingsOf(container: ContainerInspection, context: ComparisonContext): Settings {
  return settingsFrom([
    ...configEntries({
      ...container.Config,
      Hostname: hostNameOf(container, context.engine.hostName) ?? '',
      Domainname: domainNameOf(container) ?? '',
    }),
    ...hostEntries(container, context),
    ...mountEntries(container),
    ...networkEntries(container, context),
  ]);
}

/** The settings that an image gives a container by default. */
export function settingsOfImage(config: ContainerConfig | null | undefined): Settings {
  return settingsFrom(configEntries(config ?? {}));
}

function settingsFrom(entries: Entries): Settings {
  const set = entries.map(([field, value]) => [field, canonical(field, value)] as const);
  return new Map(set.filter((entry): entry is readonly [string, string] => entry[1] !== null));
}

function configEntries(config: ContainerConfig): Entries {
  const { Env: environment, WorkingDir: directory, ...others } = config;
  return [
    ...Object.entries(others)
      .filter(([field]) => ![...BY_KEY, ...OF_IMAGES].includes(field))
      .map(([field, value]): [string, unknown] => [`Config.${field}`, value]),
    ['Config.WorkingDir', directory ? cleanPath(directory) : ''],
    ...(environment ?? []).map((entry): [string, unknown] => {
      const [name = '', ...value] = entry.split('=');
      return [`Config.Env.${name}`, entry.includes('=') ? `=${value.join('=')}` : 'taken away'];
    }),
    ...BY_KEY.flatMap((field) => byKey(`Config.${field}`, config[field])),
  ];
}

function byKey(
  field: string,
  record: Readonly<Record<string, unknown>> | null | undefined,
): Entries {
  return Object.entries(record ?? {}).map(([key, value]) => [
    `${field}.${key}`,
    // Ports and volumes consist of their keys alone, and a label may be empty.
    field === 'Config.Healthcheck' ? value : `=${typeof value === 'string' ? value : ''}`,
  ]);
}

function hostEntries(container: ContainerInspection, context: ComparisonContext): Entries {
  const { containerNames, engine, apiVersion } = context;
  const own = container.HostConfig;
  const { Mounts: mounts, PortBindings: ports, Sysctls: sysctls, Tmpfs: tmpfs, ...others } = own;
  const hasKernelMemory = !isApiAtLeast(apiVersion, '1.42');
  const values: Record<string, unknown> = {
    ...others,
    NetworkMode: modeByName(networkModeByName(container), containerNames),
    IpcMode: modeByName(own.IpcMode, containerNames),
    PidMode: modeByName(own.PidMode, containerNames),
    VolumesFrom: volumesFromByName(own.VolumesFrom, containerNames),
    // Engines show both in random order.
    Links: linksAsWritten(own.Links)?.toSorted(),
    Ulimits: sortedByName(own['Ulimits']),
    Binds: bindsOf(container),
    MaskedPaths: maskedPathsOf(own.MaskedPaths) === undefined ? undefined : [own.MaskedPaths],
    ReadonlyPaths:
      readOnlyPathsOf(own.ReadonlyPaths) === undefined ? undefined : [own.ReadonlyPaths],
    Runtime: own.Runtime === engine.defaultRuntime ? undefined : own.Runtime,
    MemorySwappiness: swappinessOf(own, engine),
    // Engines write "no limit" as -1, as 0 and as nothing.
    PidsLimit: Number(own['PidsLimit'] ?? 0) < 0 ? undefined : own['PidsLimit'],
    KernelMemory: hasKernelMemory ? own.KernelMemory : undefined,
    KernelMemoryTCP: hasKernelMemory ? own.KernelMemoryTCP : undefined,
  };
  return [
    ...Object.entries(values).map(([key, value]): [string, unknown] => [
      `HostConfig.${key}`,
      value,
    ]),
    ...(mounts ?? []).map((mount): [string, unknown] => {
      const target = cleanPath(mount.Target ?? '');
      const named = mount.Source || volumeAt(container, target)?.Name;
      return [`HostConfig.Mounts.${target}`, { ...mount, Target: target, Source: named }];
    }),
    ...Object.entries(ports ?? {}).map(([port, bindings]): [string, unknown] => [
      `HostConfig.PortBindings.${port}`,
      (bindings?.length ? bindings : [{}])
        .map(({ HostIp: address = '', HostPort: number = '' }) => `${address}:${number}`)
        .sort(),
    ]),
    ...byName('HostConfig.Sysctls', sysctls),
    // An entry counts even without options.
    ...byName('HostConfig.Tmpfs', tmpfs),
  ];
}

function byName(
  field: string,
  values: Readonly<Record<string, string>> | null | undefined,
): Entries {
  return Object.entries(values ?? {}).map(([key, value]) => [`${field}.${key}`, `=${value}`]);
}

function sortedByName(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  const named = list as readonly { readonly Name?: string }[];
  return named.toSorted((one, other) => (one.Name ?? '').localeCompare(other.Name ?? ''));
}

function mountEntries({ Mounts: mounts }: ContainerInspection): Entries {
  return (mounts ?? []).map((mount) => [
    `Mounts.${cleanPath(mount.Destination)}`,
    [
      mount.Type,
      mount.Name ?? mount['Source'],
      mount.RW === false ? 'ro' : 'rw',
      mount['Propagation'],
    ],
  ]);
}

function networkEntries(container: ContainerInspection, context: ComparisonContext): Entries {
  return Object.entries(container.NetworkSettings.Networks ?? {}).flatMap(
    ([name, endpoint]): Entries => [
      [`Networks.${name}`, 'connected'],
      [`Networks.${name}.Aliases`, aliasesOf(endpoint, container, context)],
      [`Networks.${name}.IPAMConfig`, endpoint.IPAMConfig],
      [`Networks.${name}.Links`, endpoint.Links],
      [`Networks.${name}.DriverOpts`, endpoint.DriverOpts],
      [`Networks.${name}.GwPriority`, endpoint.GwPriority],
    ],
  );
}

/** Without the short id and, for engines that add it, the host name. */
function aliasesOf(
  { Aliases: aliases }: EndpointSettings,
  { Id: id, Config: { Hostname: hostName } }: ContainerInspection,
  { apiVersion }: ComparisonContext,
): readonly string[] {
  const addsHostName = isApiAtLeast(apiVersion, '1.44') && !isApiAtLeast(apiVersion, '1.45');
  const byEngine = [id.slice(0, 12), ...(addsHostName ? [hostName] : [])];
  return [...new Set(aliases ?? [])].filter((alias) => !byEngine.includes(alias)).sort();
}
