import { networksToBeOn } from '../../../docker/creation/container-options.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import type { NetworkInspection } from '../../../docker/client/engine-networks.js';
import type { ContainerInspection } from '../../../docker/inspection/inspection.js';
import { overlapFactsOf } from '../../../docker/inspection/overlap-facts.js';
import { isAffected, type DependentIntent } from '../../../domain/rollout/dependents.js';
import type { RolloutSettings, Strategy } from '../../../domain/settings/rollout-settings.js';
import { DeployError } from '../../../domain/errors.js';
import { inGatewayOrder } from '../../../domain/rollout/networks.js';
import {
  NO_OVERLAP,
  type RolloutIntent,
  type WaitingNetwork,
} from '../../../domain/rollout/intent.js';
import { chooseStrategy } from '../../../domain/rollout/strategy.js';

/** Sorts before any name that a user gives. */
const WAITING_PREFIX = '0-deploy-wait-';
const BRIDGE_NAME = 'com.docker.network.bridge.name';
const HANDOVER_WATCH_MS = 30_000;

/** What the choice of a strategy contributes to a rollout's intent. */
type Overlap = Pick<
  RolloutIntent,
  'strategy' | 'networks' | 'aliases' | 'drain' | 'watchMs' | 'waiting'
>;

export interface ChosenStrategy {
  readonly overlap: Overlap;
  /** Why this strategy was chosen; human-readable. */
  readonly reason: string;
}

/**
 * Chooses the strategy for replacing the container, among those that the configuration allows.
 * @throws DeployError `strategy-unsupported`; EngineError.
 */
export async function chooseFor(
  engine: EngineClient,
  container: ContainerInspection,
  settings: RolloutSettings,
  probeVia: RolloutIntent['probeVia'],
  dependents: readonly DependentIntent[],
): Promise<ChosenStrategy> {
  if (settings.strategy === 'recreate') {
    const overlap = { ...NO_OVERLAP, watchMs: settings.watchMs ?? 0 };
    return { overlap, reason: 'the configuration says so' };
  }
  const { apiVersion, networkDrivers } = await engine.facts();
  const attached = networksToBeOn({ container, apiVersion });
  const [inspected, volumes] = await Promise.all([
    Promise.all(attached.map(({ name }) => engine.networks.find(name))),
    labelsOfVolumes(engine, container),
  ]);
  const found = inspected.filter((each) => each !== null);
  const internal = found.filter((each) => each.Internal === true).map(({ Name: name }) => name);
  const networks = attached.map((each) => ({ ...each, isInternal: internal.includes(each.name) }));
  const [gateway] = inGatewayOrder(networks);
  const waiting = waitingNetworkOf(
    found.find(({ Name: name }) => name === gateway?.name) ?? null,
    networkDrivers,
  );
  const facts = overlapFactsOf(container, volumes);
  const macAddress = networks.map(({ endpoint }) => endpoint['MacAddress'] as string | undefined);
  const choice = chooseStrategy(settings, {
    ...facts,
    fixedMacAddress: facts.fixedMacAddress ?? macAddress.find((each) => each !== undefined) ?? null,
    networks: found.map(({ Name: name, Driver: driver, EnableIPv6: hasIPv6 = false }) => {
      return { name, driver, hasIPv6 };
    }),
    networkDrivers,
    waitingNetwork: waiting.name,
    isProbedAtPublishedPort: probeVia === 'published',
    dependents: dependents.filter(isAffected).map(({ name, by }) => `${name} (${by.join(', ')})`),
  });
  if (choice.kind === 'refuse') throw new DeployError('strategy-unsupported', choice.reason);
  const { strategy, reason } = choice;
  const watchMs = settings.watchMs ?? watchByDefault(strategy);
  if (strategy === 'recreate') return { overlap: { ...NO_OVERLAP, watchMs }, reason };
  const { aliases, drain } = settings;
  const isHandover = strategy === 'handover';
  const overlap = { strategy, networks, drain, watchMs, waiting: isHandover ? waiting : null };
  return { overlap: { ...overlap, aliases: isHandover ? 'when-healthy' : aliases }, reason };
}

/** How long the old container is kept at hand by default, in milliseconds. */
export function watchByDefault(strategy: Strategy): number {
  return strategy === 'handover' ? HANDOVER_WATCH_MS : 0;
}

/**
 * A `macvlan` network on the bridge that is the container's gateway; without that driver an internal bridge, for
 * containers that need no others by name.
 */
function waitingNetworkOf(
  gateway: NetworkInspection | null,
  drivers: readonly string[],
): WaitingNetwork {
  if (gateway === null || !drivers.includes('macvlan')) {
    return { name: `${WAITING_PREFIX}internal`, kind: 'internal', parent: null };
  }
  const parent = gateway.Options?.[BRIDGE_NAME] ?? `br-${gateway.Id.slice(0, 12)}`;
  return { name: `${WAITING_PREFIX}${parent}`, kind: 'macvlan', parent };
}

/** Labels of a container's volumes, by volume name. @throws EngineError */
export async function labelsOfVolumes(
  engine: EngineClient,
  container: ContainerInspection,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const names = (container.Mounts ?? [])
    .filter(({ Type: type }) => type === 'volume')
    .flatMap(({ Name: name }) => name ?? []);
  const labels = await Promise.all(
    names.map(async (name) => [name, await engine.volumeLabels(name)] as const),
  );
  return new Map(labels);
}
