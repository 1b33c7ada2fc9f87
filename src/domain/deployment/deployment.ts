import type { RolloutSettings } from '../settings/rollout-settings.js';
import type { Role } from '../settings/access.js';
import { DeployError, ERROR_CODES, type ErrorCode } from '../errors.js';

/** The phase of a deployment: docs/api.md explains each. */
export type Phase =
  | 'waiting'
  | 'queued'
  | 'running'
  | 'rolling-back'
  | 'succeeded'
  | 'rolled-back'
  | 'failed'
  | 'skipped'
  | 'superseded'
  | 'cancelled'
  | 'rejected'
  | 'expired';

/**
 * Which phase may follow which. Nothing follows an ended one.
 * `waiting` → `failed`: the registry refuses the tag or the credentials permanently.
 */
export const TRANSITIONS: Readonly<Record<Phase, readonly Phase[]>> = {
  waiting: ['queued', 'failed', 'skipped', 'superseded', 'cancelled', 'rejected', 'expired'],
  queued: ['running', 'waiting', 'failed', 'skipped', 'superseded', 'cancelled', 'expired'],
  running: ['succeeded', 'failed', 'rolling-back', 'skipped'],
  'rolling-back': ['rolled-back', 'failed'],
  succeeded: [],
  'rolled-back': [],
  failed: [],
  skipped: [],
  superseded: [],
  cancelled: [],
  rejected: [],
  expired: [],
};

export const PHASES = Object.keys(TRANSITIONS) as readonly Phase[];

/** Phases before anything on the engine is touched. */
export const NOT_STARTED: readonly Phase[] = ['waiting', 'queued'];
/** Phases in which a rollout is under way. */
export const UNDER_WAY: readonly Phase[] = ['running', 'rolling-back'];

export function hasEnded(phase: Phase): boolean {
  return TRANSITIONS[phase].length === 0;
}

/** @throws DeployError `wrong-phase` if the table does not allow it. Staying in a phase is always allowed. */
export function assertTransition(from: Phase, to: Phase): void {
  if (from !== to && !TRANSITIONS[from].includes(to)) {
    throw new DeployError('wrong-phase', `a deployment that is ${from} cannot become ${to}`);
  }
}

export type WaitingFor =
  | 'delay'
  | 'window'
  | 'approval'
  | 'promotion'
  | 'freeze'
  | 'handler'
  | 'group'
  | 'registry'
  | 'engine';

export interface Trigger {
  readonly kind: 'webhook' | 'api' | 'poll' | 'rollback' | 'promotion';
  /** Name of the webhook, token or environment that caused it. */
  readonly by: string;
  /** Id of the delivery that caused it; null if none did. */
  readonly delivery: string | null;
}

/** Whether a person asked for it: a manual deployment or a rollback. */
export function isManual({ trigger }: Pick<Deployment, 'trigger'>): boolean {
  return trigger.kind === 'api' || trigger.kind === 'rollback';
}

/** Which version serves after a failure. */
export type Serving = 'old' | 'none' | 'new';

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly serving: Serving;
  /** Last 50 log lines of the new container; null if there was none. */
  readonly logTail: readonly string[] | null;
}

/** A person's approval of a deployment, `at` RFC 3339. */
export interface Approval {
  readonly by: string;
  readonly at: string;
}

/** The grouped deployment that a deployment belongs to, and its position there. */
export interface GroupPlace {
  /** ULID. */
  readonly id: string;
  /** From 0 on; its rollback has the same position. */
  readonly position: number;
}

/** One attempt to bring one service to one version. Times are RFC 3339, UTC, with milliseconds. */
export interface Deployment {
  /** ULID: sorts by time of creation. */
  readonly id: string;
  readonly environment: string;
  readonly service: string;
  /** Canonical repository, e.g. `docker.io/acme/web`. */
  readonly image: string;
  readonly tag: string;
  /** Null until the registry was asked. */
  readonly digest: string | null;
  /** What ran before; null if nothing ran or it cannot be determined. */
  readonly previousDigest: string | null;
  readonly trigger: Trigger;
  readonly phase: Phase;
  readonly waitingFor: WaitingFor | null;
  readonly reason: string | null;
  /** As configured; from its start on the strategy in use, so never `auto` then. */
  readonly strategy: RolloutSettings['strategy'];
  readonly downtimeMs: number | null;
  readonly createdAt: string;
  readonly notBefore: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly supersededBy: string | null;
  /** Approvals of this digest, in order of time. */
  readonly approvals: readonly Approval[];
  readonly error: Failure | null;
  /** Deployed manually with `force`: quarantine is overridden once, and a digest that already runs is rolled out again. */
  readonly force: boolean;
  /** The role of the person who used `force`: an admin also overrides freezes and approvals. Null without it. */
  readonly forceRole: Role | null;
  /** When it expires unless it is approved; null if it does not wait for approval. */
  readonly expiresAt: string | null;
  /** The digest itself was requested (manually, by a rollback): its tag is not looked up. */
  readonly pinned: boolean;
  /** Null if it is not part of a group, or its group was not released yet. */
  readonly group: GroupPlace | null;
}

export interface StepRecord {
  readonly name: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Null while it is under way. */
  readonly outcome: 'done' | 'failed' | 'interrupted' | null;
  readonly detail: string | null;
}

/** What a change of phase may set. Only `DeploymentChanges` writes it. */
export type DeploymentPatch = Partial<
  Pick<
    Deployment,
    | 'digest'
    | 'previousDigest'
    | 'phase'
    | 'waitingFor'
    | 'reason'
    | 'strategy'
    | 'downtimeMs'
    | 'notBefore'
    | 'startedAt'
    | 'finishedAt'
    | 'supersededBy'
    | 'approvals'
    | 'expiresAt'
    | 'error'
    | 'group'
  >
>;

/** What may change of a deployment while it stays in its phase and waits for the same. */
export type DeploymentDetails = Omit<
  DeploymentPatch,
  'phase' | 'waitingFor' | 'notBefore' | 'startedAt' | 'finishedAt' | 'supersededBy' | 'error'
>;

/** A new deployment: it waits for the registry to resolve its digest. */
export function newDeployment(
  wanted: Pick<Deployment, 'id' | 'environment' | 'service' | 'image' | 'tag' | 'trigger'> &
    Partial<
      Pick<
        Deployment,
        'digest' | 'reason' | 'force' | 'forceRole' | 'pinned' | 'strategy' | 'approvals' | 'group'
      >
    >,
  createdAt: string,
): Deployment {
  return {
    digest: null,
    force: false,
    forceRole: null,
    expiresAt: null,
    pinned: false,
    group: null,
    previousDigest: null,
    phase: 'waiting',
    waitingFor: 'registry',
    reason: 'asks the registry which digest the tag has now',
    strategy: 'recreate',
    downtimeMs: null,
    createdAt,
    notBefore: null,
    startedAt: null,
    finishedAt: null,
    supersededBy: null,
    approvals: [],
    error: null,
    ...wanted,
  };
}

/** What is written of a deployment that ends without having started. `finishedAt` is RFC 3339. */
export function endedUnstarted(patch: DeploymentPatch, finishedAt: string): DeploymentPatch {
  return { waitingFor: null, notBefore: null, expiresAt: null, finishedAt, ...patch };
}

/** A failure as it is stored and shown. */
export function failureOf(
  code: ErrorCode,
  message: string,
  serving: Serving,
  logTail: Failure['logTail'] = null,
): Failure {
  return { code, message, retryable: ERROR_CODES[code].retryable, serving, logTail };
}

/** The error for an id that names no deployment. */
export function unknownDeployment(id: string): DeployError {
  return new DeployError('not-found', `there is no deployment ${JSON.stringify(id)}`);
}
