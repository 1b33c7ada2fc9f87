import type { ContainerState } from './container-state.js';
import type { HookList, HookAction, Hooks } from '../settings/hook-settings.js';

/** What a rollout's intent knows of hooks. */
export interface HooksIntent {
  /** As configured when the rollout began. In storage their secrets read `***`. */
  readonly hooks: Hooks;
  /** How many actions of each list have been run, whatever their result. */
  readonly hooksRun: Readonly<Record<HookList, number>>;
}

/** What the engine shows of hooks. */
export interface HooksSnapshot {
  /** A leftover one-off container of this rollout's hooks; there is one only if something went wrong. */
  readonly hook: ContainerState | null;
}

/** A rollout without hooks, and how every rollout begins. */
export const NO_HOOKS = {
  hooks: { before: [], after: [], onFailure: [] },
  hooksRun: { before: 0, after: 0, onFailure: 0 },
} as const satisfies HooksIntent;

/** More than any list has: in `hooksRun` it means that no further action of the list is run. */
export const ALL_HOOKS_RUN = 1_000_000;

/** One action of a list, or the removal of the container that one has left behind. */
export type HookStep =
  | { readonly name: 'run-before-hook'; readonly index: number }
  | { readonly name: 'run-after-hook'; readonly index: number }
  | { readonly name: 'run-failure-hook'; readonly index: number }
  | { readonly name: 'remove-hook'; readonly id: string };

/** A step that runs an action. */
export type HookRun = Extract<HookStep, { readonly index: number }>;

const STEP_OF = {
  before: 'run-before-hook',
  after: 'run-after-hook',
  onFailure: 'run-failure-hook',
} as const satisfies Record<HookList, HookRun['name']>;

/** The next action of a list; null if none is left. */
export function nextHook(list: HookList, { hooks, hooksRun }: HooksIntent): HookRun | null {
  const index = hooksRun[list];
  return index < hooks[list].length ? { name: STEP_OF[list], index } : null;
}

/** The list that a step's action is in. */
export function listOf({ name }: HookRun): HookList {
  if (name === 'run-before-hook') return 'before';
  return name === 'run-after-hook' ? 'after' : 'onFailure';
}

/** The action that a step runs. @throws Error if the intent has none at that index */
export function actionOf(step: HookRun, { hooks }: HooksIntent): HookAction {
  const action = hooks[listOf(step)][step.index];
  if (action === undefined) throw new Error(`there is no ${step.name} ${String(step.index)}`);
  return action;
}

/**
 * The change of the intent once a step's action was run.
 * @param isLast No further action of the list is run.
 */
export function afterHook(
  step: HookRun,
  { hooksRun }: HooksIntent,
  isLast = false,
): Pick<HooksIntent, 'hooksRun'> {
  return { hooksRun: { ...hooksRun, [listOf(step)]: isLast ? ALL_HOOKS_RUN : step.index + 1 } };
}

/** The number of actions in all lists together. */
export function countOfHooks({ hooks }: HooksIntent): number {
  return hooks.before.length + hooks.after.length + hooks.onFailure.length;
}
