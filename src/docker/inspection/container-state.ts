import type { ContainerState, ContainerStatus } from '../../domain/rollout/container-state.js';
import type { ContainerInspection } from './inspection.js';

/** What the engine writes for an unknown time. */
const NEVER = '0001-01-01T00:00:00Z';
const STATUSES: readonly string[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'exited',
  'dead',
] satisfies ContainerStatus[];

/** The parts of an inspection on which a rollout's decisions depend. Null for a container that is being removed. */
export function containerState(inspection: ContainerInspection): ContainerState | null {
  const { State: state, HostConfig: host } = inspection;
  if (!isStatus(state.Status)) return null;
  const policy = host.RestartPolicy?.Name ?? '';
  return {
    id: inspection.Id,
    name: inspection.Name.replace(/^\//, ''),
    imageId: inspection.Image,
    status: state.Status,
    startedAt: timeOrNull(state.StartedAt),
    finishedAt: timeOrNull(state.FinishedAt),
    exitCode: state.ExitCode ?? 0,
    error: state.Error ?? '',
    outOfMemory: state.OOMKilled === true,
    health: healthOf(inspection),
    healthyAt: healthyAt(inspection),
    restartCount: inspection.RestartCount ?? 0,
    restartPolicy: {
      // The engine writes an empty name instead of "no" for containers that were created without a policy.
      name: policy === '' ? 'no' : policy,
      maximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    autoRemove: host.AutoRemove === true,
    labels: inspection.Config.Labels ?? {},
    networks: Object.fromEntries(
      Object.entries(inspection.NetworkSettings.Networks ?? {}).map(
        ([name, { Aliases: aliases }]) => [name, aliases ?? []],
      ),
    ),
    unpublished: state.Status === 'running' ? unpublishedPorts(inspection) : [],
  };
}

/** Ports that should be published but have no binding. */
function unpublishedPorts({
  HostConfig: host,
  NetworkSettings: network,
}: ContainerInspection): string[] {
  const bound = network.Ports ?? {};
  return Object.entries(host.PortBindings ?? {})
    .filter(([port, wanted]) => (wanted?.length ?? 0) > 0 && (bound[port]?.length ?? 0) === 0)
    .map(([port]) => port);
}

function isStatus(status: string | undefined): status is ContainerStatus {
  return status !== undefined && STATUSES.includes(status);
}

function timeOrNull(time: string | undefined): string | null {
  return time === undefined || time === NEVER || time === '' ? null : time;
}

function healthOf(inspection: ContainerInspection): ContainerState['health'] {
  const status = inspection.State.Health?.Status;
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** End of the first successful check since the last start, among the five that the engine keeps. */
function healthyAt(inspection: ContainerInspection): string | null {
  const { Health: health, StartedAt: startedAt } = inspection.State;
  // The engine also keeps checks of the previous run.
  const since = Date.parse(timeOrNull(startedAt) ?? NEVER);
  const passed = (health?.Log ?? []).find(
    (check) => check.ExitCode === 0 && Date.parse(check.End) >= since,
  );
  return passed?.End ?? null;
}
