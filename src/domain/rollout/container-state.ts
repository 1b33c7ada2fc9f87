export interface RestartPolicy {
  readonly name: string;
  readonly maximumRetryCount: number;
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead';

/**
 * What a rollout needs to know of one container, as the engine shows it. Times are by the engine's
 * clock. A container that is being removed is left out: it counts as gone.
 */
export interface ContainerState {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly imageId: string;
  readonly status: ContainerStatus;
  /** Null if it never started. */
  readonly startedAt: string | null;
  /** When its last run ended; null if none has. */
  readonly finishedAt: string | null;
  readonly exitCode: number;
  /** The engine's message about a failed start; empty if there was none. */
  readonly error: string;
  readonly outOfMemory: boolean;
  /** `none`: the container has no HEALTHCHECK. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** End of the first passed check that the engine still remembers; null if none passed. */
  readonly healthyAt: string | null;
  readonly restartCount: number;
  readonly restartPolicy: RestartPolicy;
  readonly autoRemove: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Its aliases by network name, including those that the engine added. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  /** Ports, such as `80/tcp`, that should be published but are not, although it runs. */
  readonly unpublished: readonly string[];
}

/** Whether the container's process is alive, or is about to be restarted. */
export function isActive(container: ContainerState): boolean {
  return (
    container.status === 'running' ||
    container.status === 'paused' ||
    container.status === 'restarting'
  );
}

/** Whether the engine would start it by itself when the engine starts; never with `--rm`. */
export function mayComeBack(container: ContainerState): boolean {
  return container.restartPolicy.name !== 'no' && !container.autoRemove;
}
