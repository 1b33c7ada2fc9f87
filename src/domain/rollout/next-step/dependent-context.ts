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

/** What dependents are to be brought to, and the current state. */
export interface DependentsContext {
  readonly snapshot: Snapshot;
  readonly intent: RolloutIntent;
  /** The container that they are to depend on. */
  readonly serving: ContainerState;
  /** The container that is to run as this dependent; null if it does not exist. */
  readonly target: (dependent: DependentIntent) => ContainerState | null;
  /** A failure triggers the rollback; otherwise it is only reported, and the other dependents continue. */
  readonly turnsRound: boolean;
}

/** The dependents that are bound to the id of what they depend on, and are recreated. */
export function recreated({ dependents }: RolloutIntent): readonly DependentIntent[] {
  return dependents.filter(({ does }) => does === 'recreate');
}

/** The dependents that are recreated or restarted. */
export function affected({ dependents }: RolloutIntent): readonly DependentIntent[] {
  return dependents.filter(isAffected);
}

const UNSEEN: DependentState = { old: null, replacement: null, holder: null };

/** What the engine shows of a dependent. */
export function stateOf({ dependents }: Snapshot, { id }: DependentIntent): DependentState {
  return dependents[id] ?? UNSEEN;
}

/** A step on one container of a dependent; null if it was given up on. */
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

/** The first step that one of the dependents needs; null if none does. */
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

/** Whether another dependent that has to run first still has to be started. */
export function isBlocked(context: DependentsContext, dependent: DependentIntent): boolean {
  return parentsOf(context, dependent).some((parent) => {
    const container = context.target(parent);
    if (!parent.wasRunning || container === null) return false;
    if (isGivenUp(context.intent, 'start-dependent', parent)) return false;
    if (isActive(container)) return isStale(context, parent);
    return !hasEndedByItself(context, parent, container);
  });
}

/**
 * Whether it has been running since before something that it depends on was restarted: then it has lost that
 * container's namespace, or uses its old address. True too if its stop may be in flight, which cannot be seen.
 */
export function isStale(context: DependentsContext, dependent: DependentIntent): boolean {
  const container = context.target(dependent);
  if (container === null || !dependent.wasRunning) return false;
  if (isUnrestarted(context.intent, dependent, container)) return true;
  if (isOlderThanParents(context, dependent, container)) return true;
  return parentsOf(context, dependent).some((parent) => isStale(context, parent));
}

/** Whether it was started after what it depends on now, since the engine's last start, and has ended. */
export function hasEndedByItself(
  context: DependentsContext,
  dependent: DependentIntent,
  container: ContainerState,
): boolean {
  const { startedAt } = container;
  if (isActive(container) || startedAt === null || startedAt === dependent.startedAt) return false;
  if (isOlderThanParents(context, dependent, container)) return false;
  const engineBegan = context.snapshot.epoch.split(' ')[0] ?? '';
  return Number.isNaN(Date.parse(engineBegan)) || later(startedAt, engineBegan) === startedAt;
}

/** Whether it was told to stop and still runs as before. */
function isUnrestarted(
  { touchedDependents }: RolloutIntent,
  dependent: DependentIntent,
  { id, startedAt }: ContainerState,
): boolean {
  if (id !== dependent.id || startedAt !== dependent.startedAt) return false;
  return touchedDependents.includes(dependent.id);
}

function isOlderThanParents(
  context: DependentsContext,
  dependent: DependentIntent,
  { startedAt }: ContainerState,
): boolean {
  const { old } = context.intent;
  const root = { now: context.serving.startedAt, before: old.startedAt };
  const parents = parentsOf(context, dependent).map((parent) => {
    return { now: context.target(parent)?.startedAt ?? null, before: parent.startedAt };
  });
  const all = dependent.after.includes(old.id) ? [root, ...parents] : parents;
  return all.some(({ now, before }) => {
    // A parent that was not restarted does not affect it.
    if (now === null || now === before || startedAt === null) return false;
    return Date.parse(startedAt) < Date.parse(now);
  });
}

/** The dependents that have to run before it. */
function parentsOf(
  { intent }: DependentsContext,
  { after }: DependentIntent,
): readonly DependentIntent[] {
  return affected(intent).filter(({ id }) => after.includes(id));
}
