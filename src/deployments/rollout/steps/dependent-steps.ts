import { EngineError } from '../../../docker/client/engine-error.js';
import type { Replacement } from '../../../docker/creation/container-options.js';
import {
  abandonedName,
  dependentOf,
  runOf,
  without,
  type DependentIntent,
  type DependentStep,
} from '../../../domain/rollout/dependents.js';
import { DeployError, messageOf, type ErrorCode } from '../../../domain/errors.js';
import type { GateSubject } from '../../../domain/rollout/health/gate-subject.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { rolloutNames } from '../../../domain/rollout/rollout-names.js';
import type { ContainerState } from '../../../domain/rollout/container-state.js';
import { connectFurther, isSameTag, type ContainerMaker } from './container-maker.js';
import { logTail, removeStopped, stopAndSettle } from './stop-and-remove.js';
import { watchHealth, type GateOutcome } from '../health/health-watch.js';
import type { Executors, StepContext, StepResult } from './step-context.js';

/** How long a dependent without a health check has to stay up, in milliseconds. */
const STAYS_UP_MS = 1_000;

type DependentExecutors = Pick<Executors, DependentStep['name']>;

/** The steps by which dependents follow the replaced container. Each is idempotent. */
export function dependentSteps(maker: ContainerMaker): DependentExecutors {
  return {
    'create-dependent': async (step, context) => {
      const { engine, intent, observation } = context;
      const dependent = dependentOf(intent, step.of);
      const replacement = await maker.dependent(engine, intent, dependent, observation);
      const begun = observation.snapshot.dependents[step.of]?.replacement ?? null;
      const made = begun ?? (await create(maker, context, dependent, replacement));
      if (begun !== null) await returnTag(maker, context, dependent);
      await connectFurther(engine, made.id, replacement);
      for (const path of dependent.files) await engine.files.copy(path, dependent.id, made.id);
      return {
        patch: { unfinishedDependents: without(intent.unfinishedDependents, step.of) },
        refresh: [made.id],
      };
    },
    'return-dependent-tag': async (step, context) => {
      const { intent } = context;
      await returnTag(maker, context, dependentOf(intent, step.of));
      return {
        patch: { unfinishedDependents: without(intent.unfinishedDependents, step.of) },
        refresh: [],
      };
    },
    'stop-dependent': async ({ id }, { engine, observation }) => {
      const { inspection } = await stopAndSettle(engine, id, observation);
      return { refresh: [{ id, inspection }] };
    },
    'retire-dependent': async ({ of, id }, { engine, intent }) => {
      await engine.rename(id, rolloutNames(dependentOf(intent, of).name).old);
      return { refresh: [id] };
    },
    'name-dependent': giveName,
    'return-dependent': giveName,
    'start-dependent': async ({ id }, { engine }) => {
      await engine.start(id);
      return { refresh: 'known' };
    },
    'verify-dependent': verify,
    'remove-dependent': async ({ id }, { engine, observation }) =>
      removeStopped(engine, id, observation),
  };
}

async function create(
  maker: ContainerMaker,
  { engine, intent }: StepContext,
  dependent: DependentIntent,
  replacement: Replacement,
): Promise<{ readonly id: string }> {
  const { candidate } = rolloutNames(dependent.name);
  const back = tagBelongsTo(dependent, intent);
  const { Id: id } = await maker.createOnImage(engine, dependent, candidate, replacement, back);
  return { id };
}

async function returnTag(
  maker: ContainerMaker,
  { engine, intent }: StepContext,
  dependent: DependentIntent,
): Promise<void> {
  const back = tagBelongsTo(dependent, intent) ?? dependent.imageId;
  await maker.returnTag(engine, dependent.image, back);
}

/** The image that a dependent's tag should point to; null if that is the dependent's own. */
function tagBelongsTo(dependent: DependentIntent, intent: RolloutIntent): string | null {
  const isOfService = isSameTag(dependent.image, intent.image);
  return isOfService && intent.imageId !== null ? intent.imageId : dependent.tagImageId;
}

async function giveName(
  { of, id }: DependentStep,
  { engine, intent }: StepContext,
): Promise<StepResult> {
  await engine.rename(id, dependentOf(intent, of).name);
  return { refresh: [id] };
}

async function verify({ of, id }: DependentStep, context: StepContext): Promise<StepResult> {
  const { engine, intent, observation } = context;
  const dependent = dependentOf(intent, of);
  const outcome = await watch(id, dependent, context);
  if (outcome.kind === 'interrupted') return { interrupted: true };
  const container = containerOf(observation.snapshot.dependents[of], id);
  if (outcome.kind === 'passed') {
    return { patch: { provedDependents: [...intent.provedDependents, runOf(container)] } };
  }
  const message = `${dependent.name}, which depends on ${intent.container}, does not stay up: ${outcome.message}`;
  const tail = await logTail(engine, id, intent);
  if (intent.goal === 'forward') {
    return { failure: { code: 'dependent-failed', message }, patch: tail };
  }
  return { problem: message, patch: giveUpOn({ name: 'verify-dependent', of }, message, intent) };
}

/**
 * The intent after a step of a dependent that cannot be done. Null if that fails the rollout: it does while going
 * forward, except for steps that only clean up.
 */
export function withoutDependentStep(
  step: DependentStep,
  intent: RolloutIntent,
  error: unknown,
): RolloutIntent | null {
  if (step.name === 'remove-dependent' || step.name === 'return-dependent-tag') {
    return { ...intent, abandoned: [...intent.abandoned, abandonedName(step)] };
  }
  if (intent.goal === 'forward') return null;
  return giveUpOn(step, dependentFailure(step, intent, error).message, intent);
}

/** A step of a dependent that cannot be done, as the failure of a rollout. */
export function dependentFailure(
  step: DependentStep,
  intent: RolloutIntent,
  error: unknown,
): { readonly code: ErrorCode; readonly message: string } {
  const { name } = dependentOf(intent, step.of);
  const message = `${name}, which depends on ${intent.container}: ${step.name} is not possible: ${messageOf(error)}`;
  const isLost = error instanceof EngineError && error.isUnreachable;
  return { code: isLost ? 'engine-unavailable' : 'dependent-failed', message };
}

/** Gives up on a dependent, records why, and continues with the others. */
function giveUpOn(
  step: Pick<DependentStep, 'name' | 'of'>,
  trouble: string,
  intent: RolloutIntent,
): RolloutIntent {
  return {
    ...intent,
    abandoned: [...intent.abandoned, abandonedName(step)],
    dependentTroubles: [...intent.dependentTroubles, trouble],
  };
}

/** Restarts before this watch began are ignored. */
function watch(
  id: string,
  { proof, id: of }: DependentIntent,
  { engine, observation, signal }: StepContext,
): Promise<GateOutcome> {
  const byHealth = proof === 'health';
  const subject: GateSubject = {
    health: { timeoutMs: null, stableForMs: byHealth ? 0 : STAYS_UP_MS, probe: null },
    probeVia: null,
    waiting: null,
    old: { id: of, autoRemove: false },
  };
  const options = { ignoresHealth: !byHealth };
  return watchHealth(engine, id, subject, observation.snapshot.epoch, signal, options);
}

function containerOf(
  state:
    | { readonly old: ContainerState | null; readonly replacement: ContainerState | null }
    | undefined,
  id: string,
): ContainerState {
  const container = [state?.old, state?.replacement].find((each) => each?.id === id);
  if (container == null) throw new DeployError('internal', `${id} was not inspected`);
  return container;
}
