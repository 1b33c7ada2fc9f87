import { areDependentsUp } from '../../domain/rollout/next-step/next-step-dependents.js';
import { isServing } from '../../domain/rollout/networks.js';
import { isTouched, type RolloutIntent } from '../../domain/rollout/intent.js';
import type { Snapshot } from '../../domain/rollout/snapshot.js';
import type { EngineStep } from '../../domain/rollout/step.js';

/** Steps that wait for a container to prove itself. */
const WAITING: readonly EngineStep['name'][] = ['verify-new', 'verify-old', 'verify-dependent'];

/** Steps that run a hook, which may take as long as its user allows. */
const HOOKS: readonly EngineStep['name'][] = [
  'run-before-hook',
  'run-after-hook',
  'run-failure-hook',
];

/**
 * A rollout is parked only where something serves: not between the stop of one and the start of the other. What depends
 * on it is brought up as well before, where nothing has to be waited for.
 */
export function mayPark(step: EngineStep, snapshot: Snapshot, intent: RolloutIntent): boolean {
  // The next start is soon enough for an action; what one has left does not stay until then.
  if (HOOKS.includes(step.name)) return true;
  if (step.name === 'remove-hook') return false;
  if (!isTouched(intent)) return true;
  const { old, candidate, twin } = snapshot;
  const isUp = [old, candidate, twin].some((each) => isServing(each, intent));
  if (!isUp && intent.old.wasRunning) return false;
  return WAITING.includes(step.name) || areDependentsUp(snapshot, intent);
}
