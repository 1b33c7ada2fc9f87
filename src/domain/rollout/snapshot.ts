import type { DependentState } from './dependents.js';
import type { HooksSnapshot } from './hooks.js';
import type { ContainerState } from './container-state.js';

/** Everything that determines the next step, as the engine shows it at one moment. */
export interface Snapshot extends HooksSnapshot {
  /** Changes when the engine is restarted (its containers may have died with it). */
  readonly epoch: string;
  /** The container that is being replaced. */
  readonly old: ContainerState | null;
  /** The new container, which replaces it. */
  readonly candidate: ContainerState | null;
  /** The copy of a `--rm` container, not started, that keeps its volumes and makes a rollback possible. */
  readonly twin: ContainerState | null;
  /** The container with the service's container name, if it is none of these three. */
  readonly holder: ContainerState | null;
  /** Deploy's own containers from ended deployments, under one of the temporary names. */
  readonly leftovers: readonly ContainerState[];
  /** Names of containers that are not Deploy's, under one of the temporary names. */
  readonly strangers: readonly string[];
  /** Whether the network exists on which new containers wait in a handover. */
  readonly hasWaitingNetwork: boolean;
  /** The dependents that have to follow, by the ids of their original containers. */
  readonly dependents: Readonly<Record<string, DependentState>>;
}
