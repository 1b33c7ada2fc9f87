import type { DependentState } from './dependents.js';
import type { HooksSnapshot } from './hooks.js';
import type { ContainerState } from './container-state.js';
import type { WaitingNetwork } from './intent.js';

/** Everything that the next step is decided by, as the engine shows it at one moment. */
export interface Snapshot extends HooksSnapshot {
  /** Changes when the engine was started anew (its containers may have died with it). */
  readonly epoch: string;
  /** The container that is being replaced. */
  readonly old: ContainerState | null;
  /** The one that replaces it. */
  readonly candidate: ContainerState | null;
  /** The never-started copy of a `--rm` container that holds its volumes and is the way back. */
  readonly twin: ContainerState | null;
  /** Who holds the service's container name, where it is none of these three. */
  readonly holder: ContainerState | null;
  /** Containers of our own, from deployments that have ended, under one of the temporary names. */
  readonly leftovers: readonly ContainerState[];
  /** Names of others' containers under one of the temporary names. */
  readonly strangers: readonly string[];
  /** Whether the network of {@link WaitingNetwork} is there. */
  readonly hasWaitingNetwork: boolean;
  /** Those that depend on the replaced one and need something, by their ids before. */
  readonly dependents: Readonly<Record<string, DependentState>>;
}
