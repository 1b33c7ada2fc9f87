import type { RolloutSettings, Strategy } from '../settings/rollout-settings.js';

/** The facts about a container, its networks, volumes and engine that decide whether two of it may run at once. */
export interface OverlapFacts {
  readonly isRunning: boolean;
  /** The container was run with `--rm`. */
  readonly autoRemove: boolean;
  /** `own`: networks of its own; otherwise the network mode, e.g. `host`, `none` or `container:…`. */
  readonly networkMode: string;
  readonly networks: readonly {
    readonly name: string;
    readonly driver: string;
    readonly hasIPv6: boolean;
  }[];
  /** Addresses that the user chose. */
  readonly fixedAddresses: readonly string[];
  readonly fixedMacAddress: string | null;
  /** Host ports that the user chose, e.g. `127.0.0.1:8080`. */
  readonly fixedPorts: readonly string[];
  /** Ports that the user publishes but that are not bound now. */
  readonly unpublishedPorts: readonly string[];
  /** Legacy links to other containers on the default bridge, which the engine sets up only at a start. */
  readonly links: readonly string[];
  readonly devices: readonly string[];
  /** Volumes and mounts that are marked as exclusive. */
  readonly exclusiveVolumes: readonly string[];
  /** Writable volumes and mounts. */
  readonly writableVolumes: readonly string[];
  /** Containers that depend on this one, each with the kind of dependence. */
  readonly dependents: readonly string[];
  /** The health probe uses a published port, which a waiting container does not have. */
  readonly isProbedAtPublishedPort: boolean;
  /** The network drivers of the engine. */
  readonly networkDrivers: readonly string[];
  /** Name of the network on which new containers wait. */
  readonly waitingNetwork: string;
}

export type StrategyChoice =
  | { readonly kind: 'use'; readonly strategy: Strategy; readonly reason: string }
  | { readonly kind: 'refuse'; readonly reason: string };

type Settings = Pick<RolloutSettings, 'strategy' | 'fallback' | 'overlap'>;
type Overlapping = Exclude<Strategy, 'recreate'>;

/** Which strategy a rollout uses and why, or why it must not begin. */
export function chooseStrategy(settings: Settings, facts: OverlapFacts): StrategyChoice {
  const { strategy, fallback } = settings;
  if (strategy === 'recreate') return use('recreate', 'the configuration says so');
  if (!facts.isRunning) {
    return use('recreate', 'the container is not running, so there is nothing to overlap with');
  }
  const wanted = strategy === 'auto' ? leastDowntime(facts) : strategy;
  const obstacles = obstaclesTo(wanted, settings, facts);
  if (obstacles.length === 0) {
    return strategy === 'auto'
      ? use(wanted, `auto: ${REASONS[wanted]}`)
      : use(wanted, 'the configuration says so');
  }
  const reason = `${wanted} cannot be used: ${obstacles.join('; ')}`;
  if (strategy === 'auto') return use('recreate', `auto: ${reason}`);
  if (fallback) return use('recreate', `fallback: ${reason}`);
  return {
    kind: 'refuse',
    reason: `${reason}; set rollout.strategy: recreate, or rollout.fallback: true to recreate if it cannot be used`,
  };
}

const REASONS: Readonly<Record<Overlapping, string>> = {
  'start-first': 'it publishes no fixed host port and two can run at once',
  handover: 'it publishes fixed host ports and two can run at once',
};

function leastDowntime({ fixedPorts }: OverlapFacts): Overlapping {
  return fixedPorts.length === 0 ? 'start-first' : 'handover';
}

/** Every obstacle to a strategy, human-readable. */
function obstaclesTo(
  strategy: Overlapping,
  { overlap }: Pick<Settings, 'overlap'>,
  facts: OverlapFacts,
): string[] {
  const isWritable = overlap === 'forbidden' && facts.writableVolumes.length > 0;
  return [
    facts.autoRemove &&
      'it was run with --rm, so it is removed when it stops and cannot be restored',
    facts.networkMode === 'host' &&
      'it uses the network of the host, where two would need the same ports',
    facts.networkMode.startsWith('container:') && 'it uses the network of another container',
    about('it has the fixed address', facts.fixedAddresses),
    facts.fixedMacAddress !== null && `it has the fixed MAC address ${facts.fixedMacAddress}`,
    about('it has the device', facts.devices),
    about('it has the exclusive volume', facts.exclusiveVolumes),
    about(
      'other containers depend on it and have to follow when it is replaced:',
      facts.dependents,
    ),
    isWritable &&
      `${about('two versions would write at once to', facts.writableVolumes) || ''} (rollout.overlap: allowed permits this)`,
    ...(strategy === 'handover' ? againstHandover(facts) : againstStartFirst(facts)),
  ].filter((each) => each !== false);
}

function againstStartFirst({ fixedPorts }: OverlapFacts): (string | false)[] {
  const ports = about('it publishes the fixed host port', fixedPorts);
  return [ports && `${ports} (use handover for that)`];
}

function againstHandover(facts: OverlapFacts): (string | false)[] {
  if (facts.networkMode === 'none' || facts.networks.length === 0) {
    return ['it has no network that could be handed over'];
  }
  const others = facts.networks.filter(({ driver }) => driver !== 'bridge');
  const withIPv6 = facts.networks.filter(({ hasIPv6 }) => hasIPv6).map(({ name }) => name);
  const early = facts.networks.filter(({ name }) => name < facts.waitingNetwork);
  const isAlone = facts.networks.every(({ name }) => name === 'bridge');
  return [
    about(
      'it is on a network that is not a bridge:',
      others.map(({ name, driver }) => `${name} (${driver})`),
    ),
    about('a network with IPv6 would be the gateway before the one it waits on:', withIPv6),
    about('its port is not bound now, so it cannot be handed over:', facts.unpublishedPorts),
    facts.links.length > 0 &&
      `it is linked to ${facts.links.map(linkedTo).join(', ')}, and the engine sets links up only for a container that starts on its network`,
    early.length > 0 &&
      `the name of its network ${early.map(({ name }) => name).join(', ')} sorts before ${facts.waitingNetwork}, so it would be the gateway`,
    !isAlone &&
      !facts.networkDrivers.includes('macvlan') &&
      'its engine lacks the network driver macvlan',
    facts.isProbedAtPublishedPort &&
      'its probe uses a published port, which a waiting container does not have (use rollout.health.exec)',
  ];
}

/** `words a, b`; false if the list is empty. */
function about(words: string, things: readonly string[]): string | false {
  return things.length > 0 && `${words} ${things.join(', ')}`;
}

function use(strategy: Strategy, reason: string): StrategyChoice {
  return { kind: 'use', strategy, reason };
}

/** The engine writes a link as `/db:/web/db`. */
function linkedTo(link: string): string {
  return (link.split(':')[0] ?? link).replace(/^\//, '');
}
