import { areDependentsUp } from '../../domain/rollout/next-step/next-step-dependents.js';
import { isServing } from '../../domain/rollout/networks.js';
import { isTouched, type RolloutIntent } from '../../domain/rollout/intent.js';
import type { Snapshot } from '../../domain/rollout/snapshot.js';
import type { EngineStep } from '../../domain/rollout/step.js';

/** Steps that wait for a container to pass its health check. */
const WAITING: readonly EngineStep['name'][] = ['verify-new', 'verify-old', 'verify-dependent'];

/** Steps that run a hook, which may take as long as its configured timeout. */
const HOOKS: readonly EngineStep['name'][] = [
  'run-before-hook',
  'run-after-hook',
  'run-failure-hook',
];

/**
 * Whether a rollout may be parked before a step: only while something serves, never between the stop of one container
 * and the start of the other. Dependents are brought up first too, unless the step only waits.
 */
export function mayPark(step: EngineStep, snapshot: Snapshot, intent: RolloutIntent): boolean {
  // A hook can wait for the next start of Deploy; the container of a finished one cannot.
  if (HOOKS.includes(step.name)) return true;
  if (step.name === 'remove-hook') return false;
  if (!isTouched(intent)) return true;
  const { old, candidate, twin } = snapshot;
  const isUp = [old, candidate, twin].some((each) => isServing(each, intent));
  if (!isUp && intent.old.wasRunning) return false;
  return WAITING.includes(step.name) || areDependentsUp(snapshot, intent);
}
