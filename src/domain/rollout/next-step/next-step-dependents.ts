import {
  affected,
  dependentStep,
  firstOf,
  hasEndedByItself,
  isBlocked,
  isGivenUp,
  isStale,
  recreated,
  stateOf,
  type DependentsContext,
} from './dependent-context.js';
import { runOf, type DependentIntent } from '../dependents.js';
import { giveUp } from './next-step-common.js';
import { isTouched, type RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, type ContainerState } from '../container-state.js';
import type { Step } from '../step.js';

/** Networks that are selected by the network mode and cannot be connected to. */
const NOT_ATTACHABLE = ['host', 'none'];

/**
 * Before anything is touched: creates the containers that replace the dependents. They are bound to the new
 * container by its id, which it has from its creation on. Null once all exist.
 */
export function createDependents(snapshot: Snapshot, intent: RolloutIntent): Step | null {
  if (isTouched(intent)) return null;
  return firstOf(recreated(intent), (dependent) => {
    if (stateOf(snapshot, dependent).old?.status === 'paused') {
      return giveUp('dependent-failed', `${dependent.name} is paused; unpause it first`);
    }
    return isUnmade(snapshot, intent, dependent)
      ? dependentStep(intent, 'create-dependent', dependent)
      : null;
  });
}

/**
 * Stops the dependents that are bound to the old container, in reverse order, while what they depend on still
 * serves them. Null once none of them runs.
 */
export function stopDependents(snapshot: Snapshot, intent: RolloutIntent): Step | null {
  return firstOf(recreated(intent).toReversed(), (dependent) => {
    const { old } = stateOf(snapshot, dependent);
    return old !== null && isActive(old)
      ? dependentStep(intent, 'stop-dependent', dependent)
      : null;
  });
}

/** Moves all dependents to the new, healthy container. Null once they have moved. */
export function settleDependents(
  snapshot: Snapshot,
  intent: RolloutIntent,
  serving: ContainerState,
): Step | null {
  const target = (dependent: DependentIntent): ContainerState | null => {
    const { old, replacement } = stateOf(snapshot, dependent);
    return dependent.does === 'recreate' ? replacement : old;
  };
  const turnsRound = intent.goal === 'forward';
  const context: DependentsContext = { snapshot, intent, serving, target, turnsRound };
  return (
    stopDependents(snapshot, intent) ??
    firstOf(recreated(intent), (dependent) => takePlace(context, dependent)) ??
    startAndProve(context)
  );
}

/** Removes the original dependents, which are no longer needed. Null once they are gone. */
export function tidyDependents(snapshot: Snapshot, intent: RolloutIntent): Step | null {
  return firstOf(recreated(intent), (dependent) => {
    const { old } = stateOf(snapshot, dependent);
    return old && dependentStep(intent, 'remove-dependent', dependent, old);
  });
}

/** Stops the replacements that run beside the new container, in reverse order. Null once none runs. */
export function withdrawDependents(snapshot: Snapshot, intent: RolloutIntent): Step | null {
  return firstOf(recreated(intent).toReversed(), (dependent) => {
    const { replacement } = stateOf(snapshot, dependent);
    if (replacement === null || !isActive(replacement)) return null;
    return dependentStep(intent, 'stop-dependent', dependent, replacement);
  });
}

/**
 * Restores the dependents, once the old container is restored. Null once they are.
 * @param serving The old container.
 */
export function restoreDependents(
  snapshot: Snapshot,
  intent: RolloutIntent,
  serving: ContainerState | null,
): Step | null {
  const withdrawing = withdrawDependents(snapshot, intent) ?? removeReplacements(snapshot, intent);
  if (withdrawing !== null) return withdrawing;
  if (!isTouched(intent) || serving === null) return returnTags(intent);
  const target = (each: DependentIntent): ContainerState | null => stateOf(snapshot, each).old;
  const context: DependentsContext = { snapshot, intent, serving, target, turnsRound: false };
  return (
    firstOf(recreated(intent), (dependent) => giveNameBack(context, dependent)) ??
    startAndProve(context) ??
    returnTags(intent)
  );
}

/** In an unknown state: starts the dependents that were stopped and still have their names, and nothing else. */
export function startLeftDependents(
  snapshot: Snapshot,
  intent: RolloutIntent,
  serving: ContainerState,
): Step | null {
  const target = (dependent: DependentIntent): ContainerState | null => {
    const { old } = stateOf(snapshot, dependent);
    return old?.name === dependent.name ? old : null;
  };
  const context: DependentsContext = { snapshot, intent, serving, target, turnsRound: false };
  const left = affected(intent).filter((dependent) => target(dependent) !== null);
  return firstOf(left, (dependent) => start(context, dependent));
}

/** Whether no dependent is between its stop and its start. */
export function areDependentsUp(snapshot: Snapshot, intent: RolloutIntent): boolean {
  return affected(intent).every((dependent) => {
    const { old, replacement } = stateOf(snapshot, dependent);
    if (!dependent.wasRunning || dependent.proof === 'none') return true;
    if (isGivenUp(intent, 'start-dependent', dependent)) return true;
    return [old, replacement].some((each) => each !== null && isActive(each));
  });
}

/**
 * Ids of the touched dependents, including those that only the engine shows to be touched: stopped when it was their
 * turn, renamed, or replaced by a container that was started.
 */
export function touchedDependents(snapshot: Snapshot, intent: RolloutIntent): readonly string[] {
  const { candidate } = snapshot;
  if (candidate === null || intent.dependents.length === 0) return intent.touchedDependents;
  const hasTakenOver = candidate.name === rolloutNames(intent.container).final;
  const seen = affected(intent).filter((dependent) => {
    const { old, replacement } = stateOf(snapshot, dependent);
    if (replacement !== null && replacement.startedAt !== null) return true;
    if (old === null) return false;
    if (old.name === rolloutNames(dependent.name).old) return true;
    const isItsTurn = dependent.does === 'recreate' ? replacement !== null : hasTakenOver;
    return isItsTurn && dependent.wasRunning && !isActive(old);
  });
  return [...new Set([...intent.touchedDependents, ...seen.map(({ id }) => id)])];
}

/** Renames the original to its temporary name and gives its name to the replacement. Null once it has the name. */
function takePlace(
  { snapshot, intent, turnsRound }: DependentsContext,
  dependent: DependentIntent,
): Step | null {
  const { old, replacement, holder } = stateOf(snapshot, dependent);
  if (isUnmade(snapshot, intent, dependent))
    return dependentStep(intent, 'create-dependent', dependent);
  if (replacement === null || replacement.name === dependent.name) return null;
  if (old !== null && old.name === dependent.name) {
    return dependentStep(intent, 'retire-dependent', dependent, old);
  }
  if (holder !== null && turnsRound) {
    return giveUp('name-taken', `another container has taken the name ${dependent.name}`);
  }
  // A running container is reached by its name.
  const isRunning = isActive(replacement);
  const name = isRunning ? 'stop-dependent' : 'name-dependent';
  return dependentStep(intent, name, dependent, replacement);
}

function removeReplacements(snapshot: Snapshot, intent: RolloutIntent): Step | null {
  return firstOf(recreated(intent).toReversed(), (dependent) => {
    const { old, replacement } = stateOf(snapshot, dependent);
    // The only container left of this dependent is kept.
    if (replacement === null || (old === null && isTouched(intent))) return null;
    return dependentStep(intent, 'remove-dependent', dependent, replacement);
  });
}

function giveNameBack(
  { snapshot, intent }: DependentsContext,
  dependent: DependentIntent,
): Step | null {
  const { old } = stateOf(snapshot, dependent);
  if (old === null || old.name === dependent.name) return null;
  if (isGivenUp(intent, 'return-dependent', dependent)) return null;
  const name = isActive(old) ? 'stop-dependent' : 'return-dependent';
  return dependentStep(intent, name, dependent, old);
}

/**
 * Starts the dependents that are bound to ids, each after what it depends on, and verifies them; then restarts those
 * that only follow, and what is bound to one of these.
 */
function startAndProve(context: DependentsContext): Step | null {
  const { intent } = context;
  const bound = recreated(intent);
  const following = affected(intent).filter(({ does }) => does === 'restart');
  const started = (each: DependentIntent): Step | null => start(context, each);
  const proved = (each: DependentIntent): Step | null => prove(context, each);
  return (
    stopStale(context, bound) ??
    firstOf(bound, started) ??
    firstOf(bound, proved) ??
    stopStale(context, following) ??
    firstOf(following, started) ??
    firstOf(following, proved)
  );
}

function stopStale(
  context: DependentsContext,
  dependents: readonly DependentIntent[],
): Step | null {
  return firstOf(dependents.toReversed(), (dependent) => {
    const container = context.target(dependent);
    if (container === null || !isActive(container) || !isStale(context, dependent)) return null;
    return dependentStep(context.intent, 'stop-dependent', dependent, container);
  });
}

function start(context: DependentsContext, dependent: DependentIntent): Step | null {
  const { intent, turnsRound } = context;
  const container = context.target(dependent);
  if (!dependent.wasRunning || isBlocked(context, dependent)) return null;
  if (container === null) {
    // The engine's refusal reports that it is gone.
    return turnsRound ? null : dependentStep(intent, 'start-dependent', dependent);
  }
  if (isActive(container)) return null;
  if (hasEndedByItself(context, dependent, container)) {
    if (dependent.proof === 'none') return null;
    if (turnsRound) return whyItEnded(dependent, container);
    if (intent.provedDependents.includes(runOf(container))) return null;
  }
  return dependentStep(intent, 'start-dependent', dependent, container);
}

function whyItEnded({ name }: DependentIntent, container: ContainerState): Step {
  const cause = container.outOfMemory ? 'ran out of memory' : 'exited';
  return giveUp('dependent-failed', `${name} ${cause} with code ${String(container.exitCode)}`);
}

function prove({ intent, target }: DependentsContext, dependent: DependentIntent): Step | null {
  const container = target(dependent);
  if (container === null || !isActive(container) || dependent.proof === 'none') return null;
  if (!dependent.wasRunning || intent.provedDependents.includes(runOf(container))) return null;
  // A dependent that was not touched need not be verified.
  if (!intent.touchedDependents.includes(dependent.id)) return null;
  return dependentStep(intent, 'verify-dependent', dependent, container);
}

/** Whether its replacement is missing, or may lack a network, a file or its tag. */
function isUnmade(snapshot: Snapshot, intent: RolloutIntent, dependent: DependentIntent): boolean {
  const { old, replacement } = stateOf(snapshot, dependent);
  if (old === null) return false;
  if (replacement === null) return true;
  if (replacement.startedAt !== null) return false;
  const isMissing = (name: string): boolean =>
    !NOT_ATTACHABLE.includes(name) && !(name in replacement.networks);
  const isUnfinished = intent.unfinishedDependents.includes(dependent.id);
  return isUnfinished || Object.keys(old.networks).some(isMissing);
}

/** Restores tags that were pointed elsewhere for the creation of a dependent, when that creation was interrupted. */
function returnTags(intent: RolloutIntent): Step | null {
  const borrowing = intent.dependents.filter(({ id }) => intent.unfinishedDependents.includes(id));
  return firstOf(borrowing, (each) => dependentStep(intent, 'return-dependent-tag', each));
}
