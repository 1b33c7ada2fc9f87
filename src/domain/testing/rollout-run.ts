import { syncIntent } from '../rollout/next-step/sync-intent.js';
import { beforeDependentStep, isDependentStep } from '../rollout/dependents.js';
import type { ErrorCode } from '../errors.js';
import { countOfHooks } from '../rollout/hooks.js';
import { goalAfterFailure } from '../rollout/next-step/next-step-back.js';
import { nextStep } from '../rollout/next-step/next-step.js';
import { afterStep } from '../rollout/plan/simulate.js';
import type { SimulatedState } from '../rollout/plan/simulated-state.js';
import type { RolloutIntent } from '../rollout/intent.js';
import type { Snapshot } from '../rollout/snapshot.js';
import { isDecision, type Decision, type EngineStep, type Step } from '../rollout/step.js';

/** One step of a run: the state that it was decided on, what was journalled before it acted, and the state after it. */
export interface Moment {
  readonly step: Step;
  /** This is the step that was to fail. */
  readonly failed: boolean;
  readonly before: SimulatedState;
  readonly begun: RolloutIntent;
  readonly after: SimulatedState;
}

export interface Run {
  readonly moments: readonly Moment[];
  readonly names: readonly Step['name'][];
  readonly end: Extract<Decision, { name: 'finish' }>;
  readonly last: SimulatedState;
}

export interface RunOptions {
  /** The step of this name fails once, which triggers a rollback. */
  readonly fail?: {
    readonly step: EngineStep['name'];
    readonly code: ErrorCode;
    /** Whether the engine carried it out all the same. */
    readonly acted: boolean;
  };
}

/** More steps than any rollout has; each dependent adds some. */
const LONGEST = 40;
const LONGEST_OF_DEPENDENT = 20;

/**
 * Drives a rollout on a simulated engine as the real driver does, through failures, to its end.
 * @throws Error if it does not end.
 */
export function runRollout(start: SimulatedState, options: RunOptions = {}): Run {
  const moments: Moment[] = [];
  let state = start;
  let { fail } = options;
  const { intent } = start;
  const longest = LONGEST + countOfHooks(intent) + LONGEST_OF_DEPENDENT * intent.dependents.length;
  while (moments.length < longest) {
    state = { ...state, intent: syncIntent(state.snapshot, state.intent) };
    const step = nextStep(state.snapshot, state.intent);
    if (step.name === 'finish') {
      const names = moments.map((moment) => moment.step.name);
      return { moments, names, end: step, last: state };
    }
    const done = isDecision(step)
      ? { begun: state.intent, after: turned(state, step) }
      : carriedOut(step, state);
    let { after } = done;
    const failed = fail?.step === step.name;
    if (failed && fail !== undefined) {
      const snapshot = fail.acted ? after.snapshot : state.snapshot;
      after = turned({ snapshot, intent: done.begun }, { code: fail.code, message: 'it failed' });
      fail = undefined;
    }
    moments.push({ step, failed, before: state, begun: done.begun, after });
    state = after;
  }
  const names = moments.map((moment) => moment.step.name).join(', ');
  throw new Error(`the rollout does not end: ${names}`);
}

/** What a failure makes of a rollout's intent. */
function turned(
  { snapshot, intent }: SimulatedState,
  { code, message }: { readonly code: ErrorCode; readonly message: string },
): SimulatedState {
  const goal = goalAfterFailure(snapshot, intent);
  return { snapshot, intent: { ...intent, goal, failure: { code, message } } };
}

function carriedOut(
  step: EngineStep,
  before: SimulatedState,
): { begun: RolloutIntent; after: SimulatedState } {
  const after = afterStep(step, before.snapshot, before.intent);
  const { stopIssued, drainIssued, detachIssued, startedInEpoch } = after.intent;
  return {
    begun: {
      ...before.intent,
      stopIssued,
      drainIssued,
      detachIssued,
      startedInEpoch,
      ...(isDependentStep(step) ? beforeDependentStep(step, before.intent) : {}),
    },
    after: {
      snapshot: withoutStopped(step, before.snapshot, after.snapshot),
      intent: after.intent,
    },
  };
}

/** A container that was run with `--rm` is removed when it ends, whichever it is. */
function withoutStopped(step: EngineStep, before: Snapshot, after: Snapshot): Snapshot {
  if (step.name !== 'stop-old' && step.name !== 'stop-new') return after;
  const isGone = (container: Snapshot['old']): boolean =>
    container?.id === step.id && container.autoRemove;
  return {
    ...after,
    old: isGone(before.old) ? null : after.old,
    candidate: isGone(before.candidate) ? null : after.candidate,
    twin: isGone(before.twin) ? null : after.twin,
  };
}
