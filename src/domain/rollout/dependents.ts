import type { ContainerState } from './container-state.js';

/**
 * How a container depends on another one: it shares its network, ipc or pid namespace; it has a legacy link
 * to it on the default bridge; compose restarts it after the other (`depends_on` with `restart: true`); or it
 * was given the other's volumes (`volumes_from`).
 */
export type DependsBy = 'network' | 'ipc' | 'pid' | 'link' | 'depends-on' | 'volumes';

/**
 * What a dependent needs when the container it depends on is replaced: to be recreated, because it is bound to an id;
 * to be restarted; or nothing, because its volumes were resolved when it was created.
 */
export type DependentNeed = 'recreate' | 'restart' | 'nothing';

/** A container that depends on the replaced one, as it was before anything was touched. */
export interface DependentIntent {
  readonly id: string;
  readonly name: string;
  readonly by: readonly DependsBy[];
  readonly does: DependentNeed;
  /** Ids of the containers (the replaced one, other dependents) that must run before it is started. */
  readonly after: readonly string[];
  readonly imageId: string;
  /** The image as its user wrote it. */
  readonly image: string;
  /** The image that this tag points to if it is another one; the container stays on its own. */
  readonly tagImageId: string | null;
  /** Paths of files that compose wrote into the container. */
  readonly files: readonly string[];
  readonly startedAt: string | null;
  readonly wasRunning: boolean;
  /**
   * What it has to pass after its start: its HEALTHCHECK; staying up, if it has none or was not healthy before;
   * or nothing, if it kept crashing before.
   */
  readonly proof: 'health' | 'stays-up' | 'none';
}

/** What the engine shows of a dependent that has to follow. */
export interface DependentState {
  /** The original container. */
  readonly old: ContainerState | null;
  /** The container that was created to replace it. */
  readonly replacement: ContainerState | null;
  /** An unrelated container under its name. */
  readonly holder: ContainerState | null;
}

/** What a rollout's intent knows of dependents. */
export interface DependentsIntent {
  /** Ordered so that each comes after the ones that it depends on. */
  readonly dependents: readonly DependentIntent[];
  /** Ids of those that were told to stop or lost their name: a failure has to restore them. */
  readonly touchedDependents: readonly string[];
  /** Runs that passed their check, as named by {@link runOf}. */
  readonly provedDependents: readonly string[];
  /**
   * Ids of those whose replacement was begun: it may be incomplete, and their tag may temporarily point to their
   * image, so that the replacement could be created from it.
   */
  readonly unfinishedDependents: readonly string[];
  /** Human-readable: what could not be restored. */
  readonly dependentTroubles: readonly string[];
}

/** A rollout without dependents, and how every rollout begins. */
export const NO_DEPENDENTS = {
  dependents: [],
  touchedDependents: [],
  provedDependents: [],
  unfinishedDependents: [],
  dependentTroubles: [],
} as const satisfies DependentsIntent;

type DependentStepName =
  | 'create-dependent'
  | 'return-dependent-tag'
  | 'stop-dependent'
  | 'retire-dependent'
  | 'name-dependent'
  | 'start-dependent'
  | 'verify-dependent'
  | 'remove-dependent'
  | 'return-dependent';

/** A step that acts on a dependent: `of` is the id of the original container, `id` the container that it acts on. */
export type DependentStep = {
  readonly [Name in DependentStepName]: {
    readonly name: Name;
    readonly of: string;
    readonly id: string;
  };
}[DependentStepName];

/** Whether a step acts on a dependent. */
export function isDependentStep(
  step: DependentStep | { readonly name: string },
): step is DependentStep {
  return 'of' in step;
}

/** Whether a dependent is recreated or restarted. */
export function isAffected({ does }: Pick<DependentIntent, 'does'>): boolean {
  return does !== 'nothing';
}

/** The dependent with this id. @throws Error if the intent does not name it */
export function dependentOf(
  { dependents }: Pick<DependentsIntent, 'dependents'>,
  id: string,
): DependentIntent {
  const dependent = dependents.find((each) => each.id === id);
  if (dependent === undefined) throw new Error(`${id} is not a dependent`);
  return dependent;
}

/** Names one run of a container, from a start to its end. */
export function runOf({ id, startedAt }: ContainerState): string {
  return `${id} ${startedAt ?? ''}`;
}

/** The name of a dependent's step in the list of abandoned steps. */
export function abandonedName({ name, of }: Pick<DependentStep, 'name' | 'of'>): string {
  return `${name} ${of}`;
}

/** What must be journalled before a dependent's step acts. */
export function beforeDependentStep(
  { name, of, id }: DependentStep,
  { unfinishedDependents, touchedDependents }: DependentsIntent,
): Partial<DependentsIntent> {
  if (name === 'create-dependent')
    return { unfinishedDependents: [...without(unfinishedDependents, of), of] };
  if (name !== 'stop-dependent' || id !== of) return {};
  return { touchedDependents: [...without(touchedDependents, of), of] };
}

/** The list without one entry. */
export function without(list: readonly string[], entry: string): readonly string[] {
  return list.filter((each) => each !== entry);
}
