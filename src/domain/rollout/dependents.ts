import type { ContainerState } from './container-state.js';

/**
 * How a container depends on another one: it lives in its network, ipc or pid namespace; it has a legacy link
 * to it on the default bridge; compose restarts it after that one (`depends_on` with `restart: true`); or it
 * was given that one's volumes.
 */
export type DependsBy = 'network' | 'ipc' | 'pid' | 'link' | 'depends-on' | 'volumes';

/**
 * What a dependent needs when what it depends on is replaced: to be made anew, for it is bound to an id; to be
 * restarted; or nothing, for its volumes were resolved when it was created.
 */
export type DependentNeed = 'recreate' | 'restart' | 'nothing';

/** A container that depends on the one that is replaced, as it was before anything was touched. */
export interface DependentIntent {
  readonly id: string;
  readonly name: string;
  readonly by: readonly DependsBy[];
  readonly does: DependentNeed;
  /** Ids of those (the replaced one, other dependents) that must run before it is started. */
  readonly after: readonly string[];
  readonly imageId: string;
  /** The image as its user wrote it. */
  readonly image: string;
  /** What that tag points to, where that is another image; the container stays on its own. */
  readonly tagImageId: string | null;
  /** Paths of files that compose wrote into it. */
  readonly files: readonly string[];
  readonly startedAt: string | null;
  readonly wasRunning: boolean;
  /**
   * What it has to show after its start: that its HEALTHCHECK passes; that it stays up, where it has none or
   * was not healthy before; or nothing, where it crashed again and again before.
   */
  readonly proof: 'health' | 'stays-up' | 'none';
}

/** What the engine shows of a dependent that needs something. */
export interface DependentState {
  /** The container as it was before. */
  readonly old: ContainerState | null;
  /** The one that was made in its place. */
  readonly replacement: ContainerState | null;
  /** Somebody else's container under its name. */
  readonly holder: ContainerState | null;
}

/** What a rollout's intent knows of dependents. */
export interface DependentsIntent {
  /** Those on which others depend come first. */
  readonly dependents: readonly DependentIntent[];
  /** Ids of those that were told to stop, or lost their name: a failure has to bring them back. */
  readonly touchedDependents: readonly string[];
  /** Those that proved to be up, as {@link runOf} names them. */
  readonly provedDependents: readonly string[];
  /**
   * Ids of those whose replacement was begun: it may lack something, and their tag may point to their image for
   * now, so that it could be created from that.
   */
  readonly unfinishedDependents: readonly string[];
  /** In words: what could not be brought back. */
  readonly dependentTroubles: readonly string[];
}

/** How every rollout begins. */
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

/** A step that acts on a dependent: `of` is its id before, `id` the container that it is done to. */
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

/** Whether something is done to a dependent at all. */
export function isAffected({ does }: Pick<DependentIntent, 'does'>): boolean {
  return does !== 'nothing';
}

/** The dependent with this id. @throws Error where the intent does not name it */
export function dependentOf(
  { dependents }: Pick<DependentsIntent, 'dependents'>,
  id: string,
): DependentIntent {
  const dependent = dependents.find((each) => each.id === id);
  if (dependent === undefined) throw new Error(`${id} is no dependent`);
  return dependent;
}

/** One run of a container, from one start to its end. */
export function runOf({ id, startedAt }: ContainerState): string {
  return `${id} ${startedAt ?? ''}`;
}

/** How a step of one dependent is named among those that were given up on. */
export function abandonedName({ name, of }: Pick<DependentStep, 'name' | 'of'>): string {
  return `${name} ${of}`;
}

/** What must be in the journal before a step of a dependent acts. */
export function beforeDependentStep(
  { name, of, id }: DependentStep,
  { unfinishedDependents, touchedDependents }: DependentsIntent,
): Partial<DependentsIntent> {
  if (name === 'create-dependent')
    return { unfinishedDependents: [...without(unfinishedDependents, of), of] };
  if (name !== 'stop-dependent' || id !== of) return {};
  return { touchedDependents: [...without(touchedDependents, of), of] };
}

/** The list without one of its entries. */
export function without(list: readonly string[], entry: string): readonly string[] {
  return list.filter((each) => each !== entry);
}
