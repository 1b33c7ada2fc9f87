export interface RestartPolicy {
  readonly name: string;
  readonly maximumRetryCount: number;
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead';

/**
 * What the engine shows of one container, as far as a rollout decides by it. Times are of the
 * engine's clock. A container that is being removed is not shown: it is as good as gone.
 */
export interface ContainerState {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly imageId: string;
  readonly status: ContainerStatus;
  /** Null where it never started. */
  readonly startedAt: string | null;
  /** When its last run ended; null where none did. */
  readonly finishedAt: string | null;
  readonly exitCode: number;
  /** The engine's own words on a failed start; empty where there was none. */
  readonly error: string;
  readonly outOfMemory: boolean;
  /** `none`: it has no HEALTHCHECK. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** End of the first passed check that the engine still remembers; null where none passed. */
  readonly healthyAt: string | null;
  readonly restartCount: number;
  readonly restartPolicy: RestartPolicy;
  readonly autoRemove: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** By name of each network that it is on: its aliases there, with those that the engine gave. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  /** Ports, such as `80/tcp`, that are to be published and are not, although it runs. */
  readonly unpublished: readonly string[];
}

/** Whether a process of the container lives, or will again at once. */
export function isActive(container: ContainerState): boolean {
  return (
    container.status === 'running' ||
    container.status === 'paused' ||
    container.status === 'restarting'
  );
}

/** Whether the engine would start it again by itself at its next start. A `--rm` one cannot be changed. */
export function mayComeBack(container: ContainerState): boolean {
  return container.restartPolicy.name !== 'no' && !container.autoRemove;
}
