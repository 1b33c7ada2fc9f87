import type { DependentStep } from './dependents.js';
import type { Phase, Serving } from '../deployment/deployment.js';
import type { ErrorCode } from '../errors.js';
import type { HookStep } from './hooks.js';

/**
 * Everything that a rollout can do next: act on the engine, or only decide ({@link Decision}). Each step
 * is idempotent.
 */
export type Step =
  | { readonly name: 'pull' }
  | { readonly name: 'clear-leftover'; readonly id: string; readonly container: string }
  | { readonly name: 'create' }
  | { readonly name: 'connect-new'; readonly id: string }
  | { readonly name: 'carry-files'; readonly id: string }
  | { readonly name: 'compare'; readonly id: string }
  | { readonly name: 'create-twin' }
  | { readonly name: 'make-waiting-network' }
  | { readonly name: 'park-new'; readonly id: string }
  | { readonly name: 'attach-new'; readonly id: string }
  | { readonly name: 'join-new'; readonly id: string }
  | { readonly name: 'drain-old'; readonly id: string }
  | { readonly name: 'hand-over'; readonly id: string }
  | { readonly name: 'arm-new'; readonly id: string }
  | { readonly name: 'watch-new'; readonly id: string }
  | { readonly name: 'stop-old'; readonly id: string }
  | { readonly name: 'retire-old'; readonly id: string }
  | { readonly name: 'take-name'; readonly id: string }
  | { readonly name: 'start-new'; readonly id: string }
  | { readonly name: 'disarm-old'; readonly id: string }
  | { readonly name: 'verify-new'; readonly id: string }
  | { readonly name: 'remove-old'; readonly id: string }
  | { readonly name: 'remove-twin'; readonly id: string }
  | { readonly name: 'stop-new'; readonly id: string }
  | { readonly name: 'disarm-new'; readonly id: string }
  | { readonly name: 'set-aside-new'; readonly id: string }
  | { readonly name: 'recreate-old' }
  | { readonly name: 'hand-back'; readonly id: string }
  | { readonly name: 'remove-waiting-network' }
  | { readonly name: 'return-name'; readonly id: string }
  | { readonly name: 'rearm-old'; readonly id: string }
  | { readonly name: 'start-old'; readonly id: string }
  | { readonly name: 'verify-old'; readonly id: string }
  | { readonly name: 'restore-tag' }
  | { readonly name: 'remove-new'; readonly id: string }
  | HookStep
  | DependentStep
  | Decision;

/** A step that only changes the goal of the rollout, or ends it. */
export type Decision =
  | { readonly name: 'give-up'; readonly code: ErrorCode; readonly message: string }
  | { readonly name: 'finish'; readonly phase: Phase; readonly serving: Serving };

export type StepName = Step['name'];
export type EngineStep = Exclude<Step, Decision>;

export function isDecision(step: Step): step is Decision {
  return step.name === 'give-up' || step.name === 'finish';
}
