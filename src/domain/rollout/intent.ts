import type { SettingsComparison } from '../deployment/comparison.js';
import { NO_DEPENDENTS, type DependentsIntent } from './dependents.js';
import type { Failure } from '../deployment/deployment.js';
import type { DrainSettings, HealthSettings, Strategy } from '../settings/rollout-settings.js';
import type { ErrorCode } from '../errors.js';
import { NO_HOOKS, type HooksIntent } from './hooks.js';
import type { RestartPolicy, ContainerState } from './container-state.js';

/** One network to connect to, with the settings that the user gave for it, in the form of the Engine API. */
export interface NetworkAttachment {
  readonly name: string;
  readonly endpoint: Readonly<Record<string, unknown>>;
  /** An internal network is never the gateway and binds no ports. Left out if it does not matter. */
  readonly isInternal?: boolean;
}

/**
 * Where a new container waits in a handover: a network that is its gateway and binds no host port. All
 * rollouts behind one bridge share it, because the engine does not allow a second one.
 */
export interface WaitingNetwork {
  /** Sorts before the names of the container's own networks. */
  readonly name: string;
  /**
   * `macvlan` on the bridge `parent`: the container is on its own networks too, but they are not its gateway.
   * `internal`: a bridge without access to the outside, the only network of the waiting container.
   */
  readonly kind: 'macvlan' | 'internal';
  readonly parent: string | null;
}

/** The replaced container as it was before anything was touched. */
export interface OldContainer {
  readonly id: string;
  readonly imageId: string;
  /** The image as its user wrote it. */
  readonly image: string;
  readonly digest: string | null;
  readonly startedAt: string | null;
  readonly wasRunning: boolean;
  readonly restartPolicy: RestartPolicy;
  readonly autoRemove: boolean;
  /** For `--rm` only: the settings to recreate it with. */
  readonly record: unknown;
}

/** What a rollout replaces, and with what. */
export interface RolloutTarget {
  readonly deployment: string;
  readonly engine: string;
  readonly environment: string;
  readonly service: string;
  /** Name of the service's container on the engine. */
  readonly container: string;
  /** Canonical repository. */
  readonly repository: string;
  /** `repository:tag` as the user writes it: the `Config.Image` of the new container. */
  readonly image: string;
  readonly digest: string;
  readonly old: OldContainer;
  /** Ids of containers that earlier deployments of the service replaced and may have left behind. */
  readonly formerIds: readonly string[];
}

/** How a rollout replaces the container. */
export interface RolloutOptions {
  /** The strategy that was chosen for this rollout. */
  readonly strategy: Strategy;
  readonly health: HealthSettings;
  /** The address that an http or tcp probe uses; null without such a probe. */
  readonly probeVia: 'container' | 'published' | null;
  readonly onFailure: 'rollback' | 'leave';
  /** The networks of the service, that of its network mode first. */
  readonly networks: readonly NetworkAttachment[];
  /** Networks to connect the new container to after its creation and before its first start. */
  readonly furtherNetworks: readonly string[];
  readonly aliases: 'when-healthy' | 'at-start';
  readonly drain: DrainSettings | null;
  /** How long the old container is kept available after the switch, in milliseconds. */
  readonly watchMs: number;
  /** For `handover` only. */
  readonly waiting: WaitingNetwork | null;
  /** Ends as `skipped` if the wanted digest turns out to be the image that already runs (false with `force`). */
  readonly skipSameImage: boolean;
  /** Paths of files of the old container that are in no mount and no image, to be copied into the new one. */
  readonly files: readonly string[];
}

/** How far a rollout has come. Times are RFC 3339, by the engine's clock. */
export interface RolloutProgress {
  /** `forward`; `back` to the old container; or `leave` the failed new one in its place. */
  readonly goal: 'forward' | 'back' | 'leave';
  readonly failure: { readonly code: ErrorCode; readonly message: string } | null;
  /** Cleanup steps that were given up on; they do not affect the service. */
  readonly abandoned: readonly string[];
  /** Local id of the wanted image, once it is pulled and checked. */
  readonly imageId: string | null;
  /** The new container is on all of {@link RolloutOptions.furtherNetworks}. */
  readonly connected: boolean;
  readonly filesCarried: boolean;
  /** The new container compared with the old one; null until then. */
  readonly comparison: SettingsComparison | null;
  /** A stop of the old container was requested: from here on it may go down at any moment. */
  readonly stopIssued: boolean;
  /** The old container was told to finish its work: from here on it may refuse new work. */
  readonly drainIssued: boolean;
  /** The old container was given its time to finish. */
  readonly drained: boolean;
  /** Disconnecting the old container from its networks was requested: from here on it may be unreachable. */
  readonly detachIssued: boolean;
  /** When the serving container stopped serving; null again once a handover ended the gap. */
  readonly oldDownAt: string | null;
  /** When the new container ended; null if it did not, or was started again. */
  readonly newDownAt: string | null;
  /** Time without service that handovers of the networks have ended, in milliseconds. */
  readonly downMs: number;
  /** When the container that serves now was given its networks in a handover. */
  readonly reconnectedAt: string | null;
  /** The engine's epoch in which the new container was last started; null if it was not. */
  readonly startedInEpoch: string | null;
  /** How many starts were refused because a port was taken. */
  readonly portRetries: number;
  /** When the new container became healthy. */
  readonly verifiedAt: string | null;
  /** When it had stayed healthy for `watchMs`. */
  readonly watchedAt: string | null;
  /** This rollout no longer needs the waiting network. */
  readonly waitingReleased: boolean;
  /** When the restored old container became healthy. */
  readonly restoredAt: string | null;
  /** Why the old container could not be restored; null unless that failed. */
  readonly restoreFailed: string | null;
  /** The local tag points to the old image again. */
  readonly tagRestored: boolean;
  readonly logTail: Failure['logTail'];
}

/**
 * What the engine cannot show: what the rollout is to achieve, how, and how far it has come. It is journalled as
 * JSON before and after every step, so its keys never change. If the engine shows otherwise, the engine is right.
 */
export type RolloutIntent = RolloutTarget &
  RolloutOptions &
  RolloutProgress &
  DependentsIntent &
  HooksIntent;

/** The progress of a rollout that has not begun. */
export const NOTHING_DONE = {
  ...NO_DEPENDENTS,
  ...NO_HOOKS,
  goal: 'forward',
  failure: null,
  connected: false,
  files: [],
  filesCarried: false,
  comparison: null,
  abandoned: [],
  imageId: null,
  stopIssued: false,
  drainIssued: false,
  drained: false,
  detachIssued: false,
  oldDownAt: null,
  newDownAt: null,
  downMs: 0,
  reconnectedAt: null,
  startedInEpoch: null,
  portRetries: 0,
  verifiedAt: null,
  watchedAt: null,
  waitingReleased: false,
  restoredAt: null,
  restoreFailed: null,
  tagRestored: false,
  logTail: null,
} as const satisfies Partial<RolloutIntent>;

/** The options of a rollout by `recreate`, which overlapping strategies replace. */
export const NO_OVERLAP = {
  strategy: 'recreate',
  networks: [],
  aliases: 'when-healthy',
  drain: null,
  watchMs: 0,
  waiting: null,
} as const satisfies Partial<RolloutIntent>;

/** Whether draining notifies the old container, which may then refuse work; a mere wait does not. */
export function isDrainTold({ drain }: RolloutIntent): boolean {
  return drain !== null && (drain.signal !== null || drain.http !== null);
}

/** Whether the old container or one of its dependents was touched: from then on a failure means a rollback. */
export function isTouched(intent: RolloutIntent): boolean {
  const isItself = intent.stopIssued || intent.drainIssued || intent.detachIssued;
  return isItself || intent.touchedDependents.length > 0;
}

/** The later of two times; if only one is known, that one. */
export function later(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) > Date.parse(other) ? one : other;
}

/** Whether a cleanup step was given up on at least `times` times, after several tries each time. */
export function isAbandoned(intent: RolloutIntent, step: string, times = 1): boolean {
  return intent.abandoned.filter((each) => each === step).length >= times;
}

/** Whether the container has the restart policy of the replaced one. */
export function hasPolicyOfOld(container: ContainerState, intent: RolloutIntent): boolean {
  const wanted = intent.old.restartPolicy;
  const has = container.restartPolicy;
  return has.name === wanted.name && has.maximumRetryCount === wanted.maximumRetryCount;
}
