import { EngineError } from '../../docker/client/engine-error.js';
import { DeployError, messageOf, type ErrorCode } from '../../domain/errors.js';
import { isAbandoned, type RolloutIntent } from '../../domain/rollout/intent.js';
import type { Snapshot } from '../../domain/rollout/snapshot.js';
import { isActive } from '../../domain/rollout/container-state.js';
import { classifyStartFailure } from '../../domain/rollout/next-step/start-failure.js';
import type { EngineStep } from '../../domain/rollout/step.js';

type Name = EngineStep['name'];

/** A failing step that leaves everything as it was is tried at least this many times. */
const STEP_TRIES = 3;
const PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 2_000;

/** How long to retry while nothing serves and only this step can change that, in milliseconds. */
const BRING_UP_MS = 300_000;
/** How long to retry while the service only lacks its name, or is up but not watched, in milliseconds. */
const NAME_MS = 15_000;
const WATCH_MS = 60_000;
/** How long to retry while a port is taken, in milliseconds: a starting engine, or its proxy, releases one within it. */
const PORT_MS = 20_000;
/** How long to retry while the service is up and only cleanup is left, in milliseconds. */
const TIDY_MS = 30_000;

/** How long steps are retried beyond {@link STEP_TRIES}; none is before the old container is touched. */
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
 * Steps that the service does not depend on: if one cannot be done, the rollout continues and says so. An old container
 * that cannot get its name back serves under the name that it has.
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

/** How many times in a row a step has failed, and since when: milliseconds of `performance.now()`. */
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
 * Whether a failed step is retried. An engine that refuses every call for some seconds, or hangs, must not be the reason
 * why a service stays down or loses its restart policy.
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

/** The wait before the next try, in milliseconds. 0 after the first lost answer: often the engine has done the step. */
export function pauseAfter({ count }: Failures, error: unknown): number {
  if (count === 1 && isLost(error)) return 0;
  return Math.min(PAUSE_MS * count, LONGEST_PAUSE_MS);
}

/** Whether a rollout continues without the step. A hand-back fails on some engines while the old container runs. */
export function isDispensable(step: EngineStep, intent: RolloutIntent): boolean {
  return DISPENSABLE.includes(step.name) || isFirstHandBack(step, intent);
}

/** What a failed step means for the deployment while its rollout goes forward. */
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
  // The service comes first, and this step has a second chance.
  if (step.name === 'remove-hook') return isUp(snapshot) ? TIDY_MS : 0;
  if (intent.goal === 'forward') return FORWARD_MS[step.name] ?? 0;
  if (step.name === 'start-dependent') {
    const { old = null, replacement = null } = snapshot.dependents[step.of] ?? {};
    const dependent = [old, replacement].find((each) => each?.id === step.id);
    // The engine said why it cannot start, it is gone, or it exited at once: only a person can fix that.
    const isRefused = dependent == null || dependent.error !== '';
    return isRefused || !(error instanceof EngineError) ? 0 : TIDY_MS;
  }
  const { old, twin } = snapshot;
  const back = old ?? twin;
  // The engine said why it cannot start: only a person can fix that, but a port may be free in a moment.
  if (step.name === 'start-old' && back !== null && back.error !== '') {
    return classifyStartFailure(back.error).code === 'port-taken' ? PORT_MS : 0;
  }
  // Nothing serves meanwhile, and this step has a second chance.
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
  // The engine removes a --rm container that it refuses to start: nothing is left to start.
  if (step.name === 'start-new' && intent.old.autoRemove && !isLost(error)) return false;
  if (error instanceof EngineError) return error.statusCode !== 400;
  return !(error instanceof DeployError) || error.retryable;
}

function isLost(error: unknown): boolean {
  return error instanceof EngineError && error.isUnreachable;
}
