import type { SettingsComparison } from '../deployment/comparison.js';
import { NO_DEPENDENTS, type DependentsIntent } from './dependents.js';
import type { Failure } from '../deployment/deployment.js';
import type { DrainSettings, HealthSettings, Strategy } from '../settings/rollout-settings.js';
import type { ErrorCode } from '../errors.js';
import { NO_HOOKS, type HooksIntent } from './hooks.js';
import type { RestartPolicy, ContainerState } from './container-state.js';

/** One network to be on, with the settings that the user gave for it, as the Engine API takes them. */
export interface NetworkAttachment {
  readonly name: string;
  readonly endpoint: Readonly<Record<string, unknown>>;
  /** It has no way out, so it is never the gateway, and binds no ports. Unknown where it does not matter. */
  readonly isInternal?: boolean;
}

/**
 * Where a new container waits in a handover: a network that is its gateway and binds no host port. All
 * rollouts behind one bridge share it, for the engine allows no second one.
 */
export interface WaitingNetwork {
  /** Sorts before the names of the container's own networks. */
  readonly name: string;
  /**
   * `macvlan` on the bridge `parent`: the container is on its own networks too, but they are not its gateway.
   * `internal`: a bridge without a way out, on which it waits alone.
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
  /** For `--rm` only: the settings to make it again with. */
  readonly record: unknown;
}

/**
 * What the engine cannot show: where the rollout wants to go and why. It is journalled before and
 * after every step; what the engine shows wins over it.
 */
export interface RolloutIntent extends DependentsIntent, HooksIntent {
  readonly deployment: string;
  readonly engine: string;
  readonly environment: string;
  readonly service: string;
  readonly container: string;
  /** Canonical repository. */
  readonly repository: string;
  /** `repository:tag` as the user writes it: what `Config.Image` of the new container says. */
  readonly image: string;
  readonly digest: string;
  readonly old: OldContainer;
  readonly health: HealthSettings;
  /** Where an http or tcp probe goes to; null without such a probe. */
  readonly probeVia: 'container' | 'published' | null;
  readonly onFailure: 'rollback' | 'leave';
  /** What was chosen for this rollout. */
  readonly strategy: Strategy;
  /** The networks of the service, that of its network mode first. */
  readonly networks: readonly NetworkAttachment[];
  readonly aliases: 'when-healthy' | 'at-start';
  readonly drain: DrainSettings | null;
  /** How long the old one is kept at hand after the switch, in milliseconds. */
  readonly watchMs: number;
  /** For `handover` only. */
  readonly waiting: WaitingNetwork | null;
  /** `forward`; `back` to the old one; or `leave` the failed new one in its place. */
  readonly goal: 'forward' | 'back' | 'leave';
  readonly failure: { readonly code: ErrorCode; readonly message: string } | null;
  /** Networks to connect the new one to after its creation and before its first start. */
  readonly furtherNetworks: readonly string[];
  readonly connected: boolean;
  /** Files of the old one that are in no mount and no image, to be carried over; paths. */
  readonly files: readonly string[];
  readonly filesCarried: boolean;
  /** The new one beside the old one; null until they were compared. */
  readonly comparison: SettingsComparison | null;
  /** Nothing is done where the wanted digest turns out to be the very image that runs (false with `force`). */
  readonly skipSameImage: boolean;
  /** Ids of containers that earlier deployments of the service replaced and may have left. */
  readonly formerIds: readonly string[];
  /** Tidying steps that were given up on; they do not matter to the service. */
  readonly abandoned: readonly string[];
  /** Local id of the wanted image, once it is pulled and checked. */
  readonly imageId: string | null;
  /** A stop of the old one was asked for: from here on it may go down at any moment. */
  readonly stopIssued: boolean;
  /** The old one was told to finish: from here on it may refuse work. */
  readonly drainIssued: boolean;
  /** It was given its time to. */
  readonly drained: boolean;
  /** The old one was to be taken off its networks: from here on it may be out of reach. */
  readonly detachIssued: boolean;
  /** When the one that served stopped doing so, by the engine's clock; null again once a handover ended that. */
  readonly oldDownAt: string | null;
  /** When the new one ended, by the engine's clock; null where it did not, or was started again. */
  readonly newDownAt: string | null;
  /** Time without service that handovers of the networks have ended, in milliseconds. */
  readonly downMs: number;
  /** When whichever serves now was given its networks, in a handover; by the engine's clock. */
  readonly reconnectedAt: string | null;
  /** The engine's epoch in which the new one was last started; null where it was not. */
  readonly startedInEpoch: string | null;
  /** How often a start was refused because its port was taken. */
  readonly portRetries: number;
  /** When the new one proved healthy, by the engine's clock. */
  readonly verifiedAt: string | null;
  /** When it had stayed healthy for `watchMs`. */
  readonly watchedAt: string | null;
  /** This rollout needs the waiting network no more. */
  readonly waitingReleased: boolean;
  /** When the restored old one proved healthy. */
  readonly restoredAt: string | null;
  /** The old one could not be brought back. */
  readonly restoreFailed: string | null;
  readonly tagRestored: boolean;
  readonly logTail: Failure['logTail'];
}

/** How every rollout begins. */
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

/** How a rollout by `recreate` differs from the overlapping ones. */
export const NO_OVERLAP = {
  strategy: 'recreate',
  networks: [],
  aliases: 'when-healthy',
  drain: null,
  watchMs: 0,
  waiting: null,
} as const satisfies Partial<RolloutIntent>;

/** Whether drain asks anything of the old container, which may then refuse work; a mere wait does not. */
export function isDrainTold({ drain }: RolloutIntent): boolean {
  return drain !== null && (drain.signal !== null || drain.http !== null);
}

/** Whether the old container, or one that depends on it, was touched: from there on a failure means a rollback. */
export function isTouched(intent: RolloutIntent): boolean {
  const isItself = intent.stopIssued || intent.drainIssued || intent.detachIssued;
  return isItself || intent.touchedDependents.length > 0;
}

/** The later of two times; the one that is known where only one is. */
export function later(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) > Date.parse(other) ? one : other;
}

/** Whether a tidying step was given up on, so often, after several tries each time. */
export function isAbandoned(intent: RolloutIntent, step: string, times = 1): boolean {
  return intent.abandoned.filter((each) => each === step).length >= times;
}

/** Whether the container has the restart policy of the one that is replaced. */
export function hasPolicyOfOld(container: ContainerState, intent: RolloutIntent): boolean {
  const wanted = intent.old.restartPolicy;
  const has = container.restartPolicy;
  return has.name === wanted.name && has.maximumRetryCount === wanted.maximumRetryCount;
}
