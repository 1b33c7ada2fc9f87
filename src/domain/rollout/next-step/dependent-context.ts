import {
  abandonedName,
  isAffected,
  type DependentIntent,
  type DependentState,
  type DependentStep,
} from '../dependents.js';
import { isAbandoned, later, type RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, type ContainerState } from '../container-state.js';
import type { Step } from '../step.js';

/** The state of things that dependents are brought into. */
export interface DependentsContext {
  readonly snapshot: Snapshot;
  readonly intent: RolloutIntent;
  /** The container that they shall depend on. */
  readonly serving: ContainerState;
  /** The container that shall run as this dependent. */
  readonly target: (dependent: DependentIntent) => ContainerState | null;
  /** A failure turns the rollout round; else it is told, and the others go on. */
  readonly turnsRound: boolean;
}

/** Those that are bound to the id of what they depend on, and are made anew. */
export function recreated({ dependents }: RolloutIntent): readonly DependentIntent[] {
  return dependents.filter(({ does }) => does === 'recreate');
}

/** Those that are made anew or restarted. */
export function affected({ dependents }: RolloutIntent): readonly DependentIntent[] {
  return dependents.filter(isAffected);
}

const UNSEEN: DependentState = { old: null, replacement: null, holder: null };

/** What the engine shows of a dependent. */
export function stateOf({ dependents }: Snapshot, { id }: DependentIntent): DependentState {
  return dependents[id] ?? UNSEEN;
}

/** A step that is done to one container of a dependent; null where it was given up on. */
export function dependentStep(
  intent: RolloutIntent,
  name: DependentStep['name'],
  dependent: DependentIntent,
  container: Pick<ContainerState, 'id'> = dependent,
): Step | null {
  if (isGivenUp(intent, name, dependent)) return null;
  return { name, of: dependent.id, id: container.id };
}

/** Whether a step of this dependent was given up on. */
export function isGivenUp(
  intent: RolloutIntent,
  name: DependentStep['name'],
  { id: of }: DependentIntent,
): boolean {
  return isAbandoned(intent, abandonedName({ name, of }));
}

/** The first step that one of them needs. */
export function firstOf(
  dependents: readonly DependentIntent[],
  stepOf: (dependent: DependentIntent) => Step | null,
): Step | null {
  for (const dependent of dependents) {
    const step = stepOf(dependent);
    if (step !== null) return step;
  }
  return null;
}

/** Whether something that has to run before it is still to be started. */
export function isBlocked(outlook: DependentsContext, dependent: DependentIntent): boolean {
  return parentsOf(outlook, dependent).some((parent) => {
    const container = outlook.target(parent);
    if (!parent.wasRunning || container === null) return false;
    if (isGivenUp(outlook.intent, 'start-dependent', parent)) return false;
    if (isActive(container)) return isStale(outlook, parent);
    return !hasEndedByItself(outlook, parent, container);
  });
}

/**
 * Whether it runs since before something that it depends on was started anew: then it has lost that one's
 * namespace, or holds its old address. Also where its stop may be in flight, which cannot be seen.
 */
export function isStale(outlook: DependentsContext, dependent: DependentIntent): boolean {
  const container = outlook.target(dependent);
  if (container === null || !dependent.wasRunning) return false;
  if (isUnrestarted(outlook.intent, dependent, container)) return true;
  if (isOlderThanParents(outlook, dependent, container)) return true;
  return parentsOf(outlook, dependent).some((parent) => isStale(outlook, parent));
}

/** Whether it was started beside what it depends on now, in this life of the engine, and ended. */
export function hasEndedByItself(
  outlook: DependentsContext,
  dependent: DependentIntent,
  container: ContainerState,
): boolean {
  const { startedAt } = container;
  if (isActive(container) || startedAt === null || startedAt === dependent.startedAt) return false;
  if (isOlderThanParents(outlook, dependent, container)) return false;
  const engineBegan = outlook.snapshot.epoch.split(' ')[0] ?? '';
  return Number.isNaN(Date.parse(engineBegan)) || later(startedAt, engineBegan) === startedAt;
}

/** It was told to stop, and runs as it did before. */
function isUnrestarted(
  { touchedDependents }: RolloutIntent,
  dependent: DependentIntent,
  { id, startedAt }: ContainerState,
): boolean {
  if (id !== dependent.id || startedAt !== dependent.startedAt) return false;
  return touchedDependents.includes(dependent.id);
}

function isOlderThanParents(
  outlook: DependentsContext,
  dependent: DependentIntent,
  { startedAt }: ContainerState,
): boolean {
  const { old } = outlook.intent;
  const root = { now: outlook.serving.startedAt, before: old.startedAt };
  const parents = parentsOf(outlook, dependent).map((parent) => {
    return { now: outlook.target(parent)?.startedAt ?? null, before: parent.startedAt };
  });
  const all = dependent.after.includes(old.id) ? [root, ...parents] : parents;
  return all.some(({ now, before }) => {
    // One that was not started anew did it no harm.
    if (now === null || now === before || startedAt === null) return false;
    return Date.parse(startedAt) < Date.parse(now);
  });
}

/** Those of the dependents that have to run before it. */
function parentsOf(
  { intent }: DependentsContext,
  { after }: DependentIntent,
): readonly DependentIntent[] {
  return affected(intent).filter(({ id }) => after.includes(id));
}
