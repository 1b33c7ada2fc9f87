import type { DependentIntent, DependsBy } from '../../domain/rollout/dependents.js';
import type { Dependence } from '../../domain/rollout/dependents-order.js';
import { containerState } from './container-state.js';
import { nameOf, type ContainerInspection } from './inspection.js';
import { linkTarget } from './links.js';
import { joinedContainer } from './shared-namespace.js';
import { isMeant, whyNotRestartable, whyUnsupported } from './refusals.js';

const DEFAULT_BRIDGE = 'bridge';
const COMPOSE = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  dependsOn: 'com.docker.compose.depends_on',
  oneOff: 'com.docker.compose.oneoff',
} as const;
/** A container with restarts whose last start is more recent than this is in a crash loop, in milliseconds. */
const SHAKY_MS = 10_000;

/**
 * Which container depends on which, including stopped ones: by a namespace of another container (the engine binds it
 * to that container's id; without it the dependent cannot start), by a legacy link on the default bridge, by
 * compose's `depends_on` with `restart: true`, or by volumes. Links on user-defined networks go by name and need
 * nothing.
 */
export function dependencesAmong(containers: readonly ContainerInspection[]): Dependence[] {
  return containers.flatMap((dependent) => {
    const to = (by: DependsBy, references: readonly (string | null)[]): Dependence[] =>
      references.flatMap((reference) => {
        const on = containers.find((each) => reference !== null && isMeant(reference, each));
        return on === undefined ? [] : [{ id: dependent.Id, on: on.Id, by }];
      });
    const { HostConfig: host, NetworkSettings: network } = dependent;
    const isOnDefaultBridge = DEFAULT_BRIDGE in (network.Networks ?? {});
    const followed = containers.filter((each) => isFollowed(dependent, each));
    return [
      ...to('network', [joinedContainer(host.NetworkMode)]),
      ...to('ipc', [joinedContainer(host.IpcMode)]),
      ...to('pid', [joinedContainer(host.PidMode)]),
      ...to('link', isOnDefaultBridge ? (host.Links ?? []).map(linkTarget) : []),
      ...followed.map(({ Id: on }): Dependence => ({ id: dependent.Id, on, by: 'depends-on' })),
      ...to(
        'volumes',
        (host.VolumesFrom ?? []).map((source) => source.split(':', 1)[0] ?? null),
      ),
    ];
  });
}

/** Whether compose restarts `dependent` after `on`: `db:service_healthy:true,cache:service_started:false`. */
function isFollowed(dependent: ContainerInspection, on: ContainerInspection): boolean {
  const own = dependent.Config.Labels ?? {};
  const other = on.Config.Labels ?? {};
  const isSameProject =
    own[COMPOSE.project] !== undefined && own[COMPOSE.project] === other[COMPOSE.project];
  if (!isSameProject || isOneOff(own) || isOneOff(other)) return false;
  return (own[COMPOSE.dependsOn] ?? '').split(',').some((entry) => {
    const [service, , restart] = entry.trim().split(':');
    return service === other[COMPOSE.service] && restart === 'true';
  });
}

function isOneOff(labels: Readonly<Record<string, string>>): boolean {
  return labels[COMPOSE.oneOff]?.toLowerCase() === 'true';
}

/**
 * Why a dependent cannot follow when the container on which it depends is replaced, human-readable; null if it can.
 * @param brought Ids of containers that will be brought up before it.
 */
export function whyNotFollow(
  dependent: ContainerInspection,
  others: readonly ContainerInspection[],
  brought: readonly string[],
  self: { readonly hostname: string },
): string | null {
  const name = nameOf(dependent);
  const { State: state, HostConfig: host } = dependent;
  if (host.AutoRemove === true) {
    return `${name} was run with --rm, so stopping it would remove it`;
  }
  if (state.Status === 'paused') return `${name} is paused; unpause it first`;
  if (containerState(dependent) === null) return `${name} is being removed`;
  const unsupported = whyUnsupported(dependent, self);
  if (unsupported !== null) return unsupported;
  return state.Running ? whyNotRestartable(dependent, others, brought) : null;
}

/** What a dependent must prove after its restart, judged by its state before. @param now The engine's clock. */
export function proofOf(dependent: ContainerInspection, now: number): DependentIntent['proof'] {
  const state = containerState(dependent);
  if (state === null) return 'none';
  const isFresh = now - Date.parse(state.startedAt ?? '') < SHAKY_MS;
  if (state.status === 'restarting' || (state.restartCount > 0 && isFresh)) return 'none';
  return state.health === 'healthy' ? 'health' : 'stays-up';
}
