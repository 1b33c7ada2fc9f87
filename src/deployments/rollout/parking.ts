import { areDependentsUp } from '../../domain/next-step-dependents.js';
import { isServing } from '../../domain/overlap.js';
import { isTouched, type RolloutIntent, type Snapshot } from '../../domain/rollout.js';
import type { EngineStep } from '../../domain/step.js';

/** Steps that wait for a container to prove itself. */
const WAITING: readonly EngineStep['name'][] = ['verify-new', 'verify-old', 'verify-dependent'];

/**
 * A rollout is parked only where something serves: not between the stop of one and the start of the other. What depends
 * on it is brought up as well before, where nothing has to be waited for.
 */
export function mayPark(step: EngineStep, snapshot: Snapshot, intent: RolloutIntent): boolean {
  if (!isTouched(intent)) return true;
  const { old, candidate, twin } = snapshot;
  const isUp = [old, candidate, twin].some((each) => isServing(each, intent));
  if (!isUp && intent.old.wasRunning) return false;
  return WAITING.includes(step.name) || areDependentsUp(snapshot, intent);
}
