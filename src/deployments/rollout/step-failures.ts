import { EngineError } from '../../docker/client/engine-error.js';
import { DeployError, messageOf, type ErrorCode } from '../../domain/errors.js';
import { isAbandoned, type RolloutIntent } from '../../domain/rollout/intent.js';
import type { Snapshot } from '../../domain/rollout/snapshot.js';
import { isActive } from '../../domain/rollout/container-state.js';
import { classifyStartFailure } from '../../domain/rollout/next-step/start-failure.js';
import type { EngineStep } from '../../domain/rollout/step.js';

type Name = EngineStep['name'];

/** A step that fails and leaves everything as it was is tried so often at least. */
const STEP_TRIES = 3;
const PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 2_000;

/** Nobody serves, and there is no other way to change that: for so long, in milliseconds. */
const BRING_UP_MS = 300_000;
/** The service has its name, or is up but not watched: for so long, in milliseconds. */
const NAME_MS = 15_000;
const WATCH_MS = 60_000;
/** Somebody else has the port: an engine that comes up, or its proxy, lets go of one within so many milliseconds. */
const PORT_MS = 20_000;
/** The service is up, and something is to be put in order: for so long, in milliseconds. */
const TIDY_MS = 30_000;

/** For how long steps are tried beyond {@link STEP_TRIES}. Before the old container is touched none is. */
const FORWARD_MS: Partial<Record<Name, number>> = {
  'verify-new': WATCH_MS,
  'watch-new': WATCH_MS,
  'arm-new': TIDY_MS,
  'remove-old': TIDY_MS,
  'remove-twin': TIDY_MS,
  'remove-waiting-network': TIDY_MS,
  'verify-dependent': WATCH_MS,
  'remove-dependent': TIDY_MS,
  'return-dependent-tag': TIDY_MS,
};
const BACK_MS: Partial<Record<Name, number>> = {
  'stop-new': BRING_UP_MS,
  'stop-old': BRING_UP_MS,
  'recreate-old': BRING_UP_MS,
  'start-old': BRING_UP_MS,
  'hand-back': BRING_UP_MS,
  'set-aside-new': NAME_MS,
  'return-name': NAME_MS,
  'verify-old': WATCH_MS,
  'rearm-old': TIDY_MS,
  'restore-tag': TIDY_MS,
  'remove-new': TIDY_MS,
  'remove-twin': TIDY_MS,
  'remove-waiting-network': TIDY_MS,
  'stop-dependent': TIDY_MS,
  'return-dependent': NAME_MS,
  'verify-dependent': WATCH_MS,
  'remove-dependent': TIDY_MS,
  'return-dependent-tag': TIDY_MS,
};

/**
 * Steps that the service does not depend on: where they cannot be done the rollout goes on and says so.
 * An old container whose name cannot be had serves under the one that it has.
 */
const DISPENSABLE: readonly Name[] = [
  'drain-old',
  'disarm-old',
  'remove-old',
  'remove-twin',
  'disarm-new',
  'rearm-old',
  'restore-tag',
  'remove-new',
  'set-aside-new',
  'return-name',
  'remove-waiting-network',
  'remove-hook',
  'run-failure-hook',
];

/** How often a step has failed without another between, and since when: milliseconds of `performance.now()`. */
export interface Failures {
  readonly step: Name | null;
  readonly count: number;
  readonly since: number;
}

export const NO_FAILURES: Failures = { step: null, count: 0, since: 0 };

/** The failures with one more. */
export function oneMore(failures: Failures, step: Name, now: number): Failures {
  return failures.step === step
    ? { ...failures, count: failures.count + 1 }
    : { step, count: 1, since: now };
}

/**
 * Whether a step that has failed is tried once more. An engine that refuses everything for some seconds, or that
 * hangs, must not be the reason why a service stays down, or loses its restart policy.
 */
export function isTriedAgain(
  step: EngineStep,
  failures: Failures,
  error: unknown,
  now: number,
  snapshot: Snapshot,
  intent: RolloutIntent,
): boolean {
  if (!isWorthRetrying(step, intent, error)) return false;
  if (failures.count < STEP_TRIES) return true;
  return now - failures.since < patienceMs(step, error, snapshot, intent);
}

/** The first lost answer is followed by a look at once: often the engine has done it. */
export function pauseAfter({ count }: Failures, error: unknown): number {
  if (count === 1 && isLost(error)) return 0;
  return Math.min(PAUSE_MS * count, LONGEST_PAUSE_MS);
}

/** Whether a rollout goes on without the step. A hand-back fails on some engines while the old one runs. */
export function isDispensable(step: EngineStep, intent: RolloutIntent): boolean {
  return DISPENSABLE.includes(step.name) || isFirstHandBack(step, intent);
}

/** What a failed step means for the deployment, while it goes forward. */
export function stepFailure(
  step: EngineStep,
  error: unknown,
): { readonly code: ErrorCode; readonly message: string } {
  const message = messageOf(error);
  if (error instanceof DeployError && !(error instanceof EngineError)) {
    return { code: error.code, message };
  }
  if (isLost(error)) return { code: 'engine-unavailable', message };
  if (step.name === 'start-new') return classifyStartFailure(message);
  const isTaken = error instanceof EngineError && error.statusCode === 409;
  if (step.name === 'create') return { code: isTaken ? 'name-taken' : 'create-failed', message };
  return { code: isTaken ? 'name-taken' : 'engine-error', message };
}

function patienceMs(
  step: EngineStep,
  error: unknown,
  snapshot: Snapshot,
  intent: RolloutIntent,
): number {
  // The service comes first, and there is a second time for it.
  if (step.name === 'remove-hook') return isUp(snapshot) ? TIDY_MS : 0;
  if (intent.goal === 'forward') return FORWARD_MS[step.name] ?? 0;
  if (step.name === 'start-dependent') {
    const { old = null, replacement = null } = snapshot.dependents[step.of] ?? {};
    const dependent = [old, replacement].find((each) => each?.id === step.id);
    // The engine told why it cannot, it is gone, or it ended at once: that is for a person.
    const isRefused = dependent == null || dependent.error !== '';
    return isRefused || !(error instanceof EngineError) ? 0 : TIDY_MS;
  }
  const { old, twin } = snapshot;
  const back = old ?? twin;
  // The engine told why it cannot: that is for a person, but a port may be free in a moment.
  if (step.name === 'start-old' && back !== null && back.error !== '') {
    return classifyStartFailure(back.error).code === 'port-taken' ? PORT_MS : 0;
  }
  // Nobody serves meanwhile; there is a second time for it.
  if (step.name === 'rearm-old' && (back === null || !isActive(back))) return 0;
  return isFirstHandBack(step, intent) ? 0 : (BACK_MS[step.name] ?? 0);
}

function isUp({ old, candidate, twin }: Snapshot): boolean {
  return [old, candidate, twin].some((each) => each !== null && isActive(each));
}

function isFirstHandBack({ name }: EngineStep, intent: RolloutIntent): boolean {
  return name === 'hand-back' && !isAbandoned(intent, name);
}

function isWorthRetrying(step: EngineStep, intent: RolloutIntent, error: unknown): boolean {
  // The engine removes a --rm container whose start it refuses: there is nothing left to start.
  if (step.name === 'start-new' && intent.old.autoRemove && !isLost(error)) return false;
  if (error instanceof EngineError) return error.statusCode !== 400;
  return !(error instanceof DeployError) || error.retryable;
}

function isLost(error: unknown): boolean {
  return error instanceof EngineError && error.isUnreachable;
}
