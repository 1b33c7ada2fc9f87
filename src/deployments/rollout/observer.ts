import { setTimeout as pause } from 'node:timers/promises';
import { isAffected } from '../../domain/rollout/dependents.js';
import { DEPENDENT_ROLE, HOOK_ROLE, LABELS } from '../../domain/rollout/labels.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { rolloutNames } from '../../domain/rollout/rollout-names.js';
import type { Snapshot } from '../../domain/rollout/snapshot.js';
import type { ContainerState } from '../../domain/rollout/container-state.js';
import { containerState } from '../../docker/inspection/container-state.js';
import type { EngineClient } from '../../docker/client/engine-client.js';
import { EngineError } from '../../docker/client/engine-error.js';
import type { ContainerInspection, ImageInspection } from '../../docker/inspection/inspection.js';

/** How long a container that is being removed is waited for, in milliseconds. */
const REMOVAL_MS = 10_000;
const REMOVAL_PAUSE_MS = 50;

/** The state of the engine at one moment, as far as a rollout is concerned. */
export interface Observation {
  readonly snapshot: Snapshot;
  /** By container id: everything the engine reported of each container in the snapshot. */
  readonly inspections: ReadonlyMap<string, ContainerInspection>;
  /** The image that the old container was created from; null if the engine no longer has it. */
  readonly oldImage: ImageInspection | null;
  /** Whether the waiting network exists. */
  readonly hasWaitingNetwork: boolean;
}

/** What a step found when it was done with a container; null if the container is gone. */
export interface FreshInspection {
  readonly id: string;
  readonly inspection: ContainerInspection | null;
}

/**
 * What an observation refreshes: `all`; `known`, the containers of the observation before, while no others can exist;
 * or only these: inspected by their ids, or as a step has just found them. The less is refreshed, the sooner the
 * service is up again. If another program takes a name just then, the engine refuses.
 */
export type Refresh = 'all' | 'known' | readonly (string | FreshInspection)[];

/** What an observation builds on: the one before, if any, and what of it must be refreshed. */
export type ObservationBasis =
  | { readonly before: null; readonly refresh: 'all' }
  | { readonly before: Observation; readonly refresh: Refresh };

/** Observes everything on the engine that the next step of a rollout depends on. */
export async function observe(
  engine: EngineClient,
  intent: RolloutIntent,
  instance: string,
  { before, refresh }: ObservationBasis,
): Promise<Observation> {
  if (before !== null && typeof refresh !== 'string') {
    const seen = await Promise.all(refresh.map((each) => freshInspectionOf(engine, each)));
    const { snapshot, oldImage, hasWaitingNetwork } = before;
    const inspections = updated(before, seen);
    const reported = { epoch: snapshot.epoch, oldImage, hasWaitingNetwork, inspections };
    return observationOf(reported, intent, instance);
  }
  const inspections = new Inspections(engine);
  const shown = before?.inspections.keys() ?? [];
  const dependents = intent.dependents.filter(isAffected).map(({ id }) => id);
  for (const id of [intent.old.id, ...dependents, ...shown]) inspections.begin(id);
  const [epoch, oldImage, waitingNetwork] = await Promise.all([
    engine.epoch(),
    // An image never changes under its id.
    before?.oldImage ?? engine.image(intent.old.imageId),
    intent.waiting === null ? null : engine.networks.find(intent.waiting.name),
    inspections.done(),
    refresh === 'all' ? inspectOthers(engine, intent, inspections) : null,
  ]);
  const hasWaitingNetwork = waitingNetwork !== null;
  const reported = { epoch, oldImage, hasWaitingNetwork, inspections: await inspections.done() };
  return observationOf(reported, intent, instance);
}

/** What is seen where these were the engine's answers. */
export function observationOf(
  reported: Omit<Observation, 'snapshot'> & { readonly epoch: string },
  intent: RolloutIntent,
  instance: string,
): Observation {
  const { epoch, inspections, oldImage, hasWaitingNetwork } = reported;
  const containers = [...inspections.values()].map(containerState).filter((each) => each !== null);
  const snapshot = { ...snapshotOf(epoch, containers, intent, instance), hasWaitingNetwork };
  return { snapshot, inspections, oldImage, hasWaitingNetwork };
}

async function freshInspectionOf(
  engine: EngineClient,
  refresh: string | FreshInspection,
): Promise<FreshInspection> {
  if (typeof refresh !== 'string') return refresh;
  return { id: refresh, inspection: await inspectionOf(engine, refresh) };
}

function updated(
  before: Observation,
  seen: readonly FreshInspection[],
): Observation['inspections'] {
  const inspections = new Map(before.inspections);
  for (const { id, inspection } of seen) {
    if (inspection === null) inspections.delete(id);
    else inspections.set(id, inspection);
  }
  return inspections;
}

function snapshotOf(
  epoch: string,
  containers: readonly ContainerState[],
  intent: RolloutIntent,
  instance: string,
): Omit<Snapshot, 'hasWaitingNetwork'> {
  const names = rolloutNames(intent.container);
  const old = containers.find((each) => each.id === intent.old.id) ?? null;
  const own = containers.filter((each) => each.labels[LABELS.deployment] === intent.deployment);
  const candidate = own.find((each) => each.labels[LABELS.role] === 'new') ?? null;
  const hook = own.find((each) => each.labels[LABELS.role] === HOOK_ROLE) ?? null;
  const twin = own.find((each) => each.labels[LABELS.role] === 'twin') ?? null;
  const dependents = dependentsIn(containers, own, intent);
  const known = [old, ...own, ...Object.values(dependents).map((each) => each.old)];
  const others = containers.filter((each) => !known.includes(each));
  const finalNames = [names.final, ...intent.dependents.map(({ name }) => name)];
  const temporary = others.filter((each) => !finalNames.includes(each.name));
  const isOurs = (container: ContainerState): boolean => isLeftover(container, intent, instance);
  return {
    epoch,
    old,
    candidate,
    twin,
    holder: others.find((each) => each.name === names.final) ?? null,
    leftovers: temporary.filter(isOurs),
    strangers: temporary
      .filter((each) => !isOurs(each) && isInTheWay(each, intent))
      .map((each) => each.name),
    dependents,
    hook,
  };
}

function dependentsIn(
  containers: readonly ContainerState[],
  own: readonly ContainerState[],
  intent: RolloutIntent,
): Snapshot['dependents'] {
  const states = intent.dependents.filter(isAffected).map(({ id, name }) => {
    const old = containers.find((each) => each.id === id) ?? null;
    const isInPlace = ({ labels }: ContainerState): boolean =>
      labels[LABELS.role] === DEPENDENT_ROLE && labels[LABELS.replaces] === id;
    const replacement = own.find(isInPlace) ?? null;
    const named = containers.find((each) => each.name === name) ?? null;
    const holder = named === old || named === replacement ? null : named;
    return [id, { old, replacement, holder }] as const;
  });
  return Object.fromEntries(states);
}

/** A container under the name of hooks is in the way only if a hook needs that name. */
function isInTheWay({ name }: ContainerState, { container, hooks }: RolloutIntent): boolean {
  if (name !== rolloutNames(container).hook) return true;
  return Object.values(hooks).some((list) => list.some(({ kind }) => kind === 'run'));
}

function isLeftover(container: ContainerState, intent: RolloutIntent, instance: string): boolean {
  const { labels } = container;
  return (
    intent.formerIds.includes(container.id) ||
    (labels[LABELS.instance] === instance &&
      (labels[LABELS.role] === DEPENDENT_ROLE ||
        (labels[LABELS.environment] === intent.environment &&
          labels[LABELS.service] === intent.service)))
  );
}

/** Every container under one of the service's names or with the rollout's label. */
async function inspectOthers(
  engine: EngineClient,
  intent: RolloutIntent,
  inspections: Inspections,
): Promise<void> {
  const named = [intent.container, ...intent.dependents.filter(isAffected).map(({ name }) => name)];
  const names = named.map(asPattern).join('|');
  const hook = asPattern(rolloutNames(intent.container).hook);
  const lists = await Promise.all([
    engine.containers({ name: [`^/?((${names})(\\.deploy-(new|old|failed|twin))?|${hook})$`] }),
    engine.containers({ label: [`${LABELS.deployment}=${intent.deployment}`] }),
  ]);
  for (const each of lists.flat()) inspections.begin(each.id);
}

function asPattern(name: string): string {
  return name.replaceAll('.', '\\.');
}

/** Inspections of several containers at a time, each of them once. */
class Inspections {
  readonly #begun = new Map<string, Promise<ContainerInspection | null>>();

  constructor(private readonly engine: EngineClient) {}

  begin(id: string): void {
    if (this.#begun.has(id)) return;
    const inspecting = inspectionOf(this.engine, id);
    inspecting.catch(() => undefined); // Told by `done`, unless the look has failed before.
    this.#begun.set(id, inspecting);
  }

  /** By id; without those that are gone. @throws EngineError */
  async done(): Promise<ReadonlyMap<string, ContainerInspection>> {
    const found = await Promise.all(this.#begun.values());
    return new Map(found.filter((each) => each !== null).map((each) => [each.Id, each]));
  }
}

/** Null where it is gone. A container that is being removed is waited for. */
async function inspectionOf(engine: EngineClient, id: string): Promise<ContainerInspection | null> {
  const deadline = performance.now() + REMOVAL_MS;
  for (;;) {
    const inspection = await engine.container(id);
    if (inspection === null || containerState(inspection) !== null) return inspection;
    if (performance.now() > deadline) {
      throw new EngineError(
        `container ${id} is "${String(inspection.State.Status)}" for too long`,
        500,
      );
    }
    await pause(REMOVAL_PAUSE_MS);
  }
}
