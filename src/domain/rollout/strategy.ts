import type { RolloutSettings, Strategy } from '../settings/rollout-settings.js';

/** What of a container, its networks, volumes and engine bears on whether two of it may run at once. */
export interface OverlapFacts {
  readonly isRunning: boolean;
  /** It was run with `--rm`. */
  readonly autoRemove: boolean;
  /** `own`: networks of its own; else the network mode, e.g. `host`, `none` or `container:…`. */
  readonly networkMode: string;
  readonly networks: readonly {
    readonly name: string;
    readonly driver: string;
    readonly hasIPv6: boolean;
  }[];
  /** Addresses that its user chose. */
  readonly fixedAddresses: readonly string[];
  readonly fixedMacAddress: string | null;
  /** Host ports that its user chose, e.g. `127.0.0.1:8080`. */
  readonly fixedPorts: readonly string[];
  /** Ports that its user publishes and that nothing is bound for now. */
  readonly unpublishedPorts: readonly string[];
  /** Links to other containers on the default bridge, of the kind that the engine sets up at a start alone. */
  readonly links: readonly string[];
  readonly devices: readonly string[];
  /** Volumes and mounts that are marked as exclusive. */
  readonly exclusiveVolumes: readonly string[];
  /** Volumes and mounts that may be written to. */
  readonly writableVolumes: readonly string[];
  /** Containers that are bound to this very one, with how they are. */
  readonly dependents: readonly string[];
  /** A health probe is asked over a published port, which a container that waits does not have. */
  readonly isProbedAtPublishedPort: boolean;
  /** The drivers for networks that the engine has. */
  readonly networkDrivers: readonly string[];
  /** Name of the network on which new containers wait. */
  readonly waitingNetwork: string;
}

export type StrategyChoice =
  | { readonly kind: 'use'; readonly strategy: Strategy; readonly reason: string }
  | { readonly kind: 'refuse'; readonly reason: string };

type Settings = Pick<RolloutSettings, 'strategy' | 'fallback' | 'overlap'>;
type Overlapping = Exclude<Strategy, 'recreate'>;

/** Which strategy a rollout uses, and why; or why it must not begin. */
export function chooseStrategy(settings: Settings, facts: OverlapFacts): StrategyChoice {
  const { strategy, fallback } = settings;
  if (strategy === 'recreate') return use('recreate', 'the configuration says so');
  if (!facts.isRunning) {
    return use('recreate', 'the container does not run, so there is nothing to overlap with');
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
    reason: `${reason}; set rollout.strategy: recreate, or rollout.fallback: true to recreate where it cannot be used`,
  };
}

const REASONS: Readonly<Record<Overlapping, string>> = {
  'start-first': 'it publishes no fixed host port and nothing speaks against two at once',
  handover: 'it publishes fixed host ports and nothing speaks against two at once',
};

function leastDowntime({ fixedPorts }: OverlapFacts): Overlapping {
  return fixedPorts.length === 0 ? 'start-first' : 'handover';
}

/** Everything that speaks against a strategy, in words. */
function obstaclesTo(
  strategy: Overlapping,
  { overlap }: Pick<Settings, 'overlap'>,
  facts: OverlapFacts,
): string[] {
  const isWritable = overlap === 'forbidden' && facts.writableVolumes.length > 0;
  return [
    facts.autoRemove && 'it was run with --rm, so its end is its removal and there is no way back',
    facts.networkMode === 'host' &&
      'it uses the network of the host, where two want the same ports',
    facts.networkMode.startsWith('container:') && 'it uses the network of another container',
    about('it has the fixed address', facts.fixedAddresses),
    facts.fixedMacAddress !== null && `it has the fixed MAC address ${facts.fixedMacAddress}`,
    about('it has the device', facts.devices),
    about('it has the exclusive volume', facts.exclusiveVolumes),
    about('others depend on it and have to follow when it is replaced:', facts.dependents),
    isWritable &&
      `${about('two versions would write at once to', facts.writableVolumes) || ''} (rollout.overlap: allowed permits that)`,
    ...(strategy === 'handover' ? againstHandover(facts) : againstStartFirst(facts)),
  ].filter((each) => each !== false);
}

function againstStartFirst({ fixedPorts }: OverlapFacts): (string | false)[] {
  const ports = about('it publishes the fixed host port', fixedPorts);
  return [ports && `${ports} (handover is for those)`];
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
      'it is on a network that is no bridge:',
      others.map(({ name, driver }) => `${name} (${driver})`),
    ),
    about('a network with IPv6 would be the gateway before the one it waits on:', withIPv6),
    about('its port is not published now, so it cannot be handed over:', facts.unpublishedPorts),
    facts.links.length > 0 &&
      `it is linked to ${facts.links.map(linkedTo).join(', ')}, which the engine sets up only for one that starts on its network`,
    early.length > 0 &&
      `the name of its network ${early.map(({ name }) => name).join(', ')} sorts before ${facts.waitingNetwork}, so that it would be the gateway`,
    !isAlone &&
      !facts.networkDrivers.includes('macvlan') &&
      'its engine lacks the network driver macvlan',
    facts.isProbedAtPublishedPort &&
      'its probe goes to a published port, which a waiting container does not have (use rollout.health.exec)',
  ];
}

/** `words a, b`; false where there is none. */
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
