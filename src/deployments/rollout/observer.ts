import { setTimeout as pause } from 'node:timers/promises';
import { LABELS } from '../../domain/labels.js';
import {
  rolloutNames,
  type ContainerState,
  type RolloutIntent,
  type Snapshot,
} from '../../domain/rollout.js';
import { containerState } from '../../docker/container-state.js';
import type { EngineClient } from '../../docker/engine-client.js';
import { EngineError } from '../../docker/engine-error.js';
import type { ContainerInspection } from '../../docker/inspection.js';

/** How long a container may take to be removed before it is looked at as it is, in milliseconds. */
const REMOVAL_MS = 10_000;
const REMOVAL_PAUSE_MS = 50;

/** What one look at the engine showed. */
export interface Look {
  readonly snapshot: Snapshot;
  /** By container id: all that the engine told of each container in the snapshot. */
  readonly inspections: ReadonlyMap<string, ContainerInspection>;
}

/**
 * Looks at everything on the engine that the next step of a rollout is decided by.
 * @param before The look before this one: its containers are inspected without waiting for the lists.
 */
export async function observe(
  engine: EngineClient,
  intent: RolloutIntent,
  instance: string,
  before: Look | null,
): Promise<Look> {
  const [epoch, inspections] = await Promise.all([
    engine.epoch(),
    lookAtAll(engine, intent, [intent.old.id, ...(before?.inspections.keys() ?? [])]),
  ]);
  const containers = [...inspections.values()]
    .map(containerState)
    .filter((state) => state !== null);
  return { snapshot: snapshotOf(epoch, containers, intent, instance), inspections };
}

function snapshotOf(
  epoch: string,
  containers: readonly ContainerState[],
  intent: RolloutIntent,
  instance: string,
): Snapshot {
  const names = rolloutNames(intent.container);
  const old = containers.find((each) => each.id === intent.old.id) ?? null;
  const own = containers.filter((each) => each.labels[LABELS.deployment] === intent.deployment);
  const candidate = own.find((each) => each.labels[LABELS.role] === 'new') ?? null;
  const twin = own.find((each) => each.labels[LABELS.role] === 'twin') ?? null;
  const others = containers.filter((each) => each !== old && !own.includes(each));
  const temporary = others.filter((each) => each.name !== names.final);
  const isOurs = (container: ContainerState): boolean => isLeftover(container, intent, instance);
  return {
    epoch,
    old,
    candidate,
    twin,
    holder: others.find((each) => each.name === names.final) ?? null,
    leftovers: temporary.filter(isOurs),
    strangers: temporary.filter((each) => !isOurs(each)).map((each) => each.name),
  };
}

function isLeftover(container: ContainerState, intent: RolloutIntent, instance: string): boolean {
  const { labels } = container;
  return (
    intent.formerIds.includes(container.id) ||
    (labels[LABELS.instance] === instance &&
      labels[LABELS.environment] === intent.environment &&
      labels[LABELS.service] === intent.service)
  );
}

/** Every container under one of the service's names, with the rollout's label, or that is known already. */
async function lookAtAll(
  engine: EngineClient,
  intent: RolloutIntent,
  known: readonly string[],
): Promise<ReadonlyMap<string, ContainerInspection>> {
  const name = intent.container.replaceAll('.', '\\.');
  const inspections = new Map<string, Promise<ContainerInspection | null>>();
  const inspect = (id: string): void => {
    if (!inspections.has(id)) inspections.set(id, inspectionOf(engine, id));
  };
  known.forEach(inspect);
  const lists = await Promise.all([
    engine.containers({ name: [`^/?${name}(\\.deploy-(new|old|failed|twin))?$`] }),
    engine.containers({ label: [`${LABELS.deployment}=${intent.deployment}`] }),
    ...inspections.values(),
  ]);
  for (const each of [...lists[0], ...lists[1]]) inspect(each.id);
  const found = await Promise.all(inspections.values());
  return new Map(found.filter((each) => each !== null).map((each) => [each.Id, each]));
}

/** Null where it is gone. A container that is being removed is waited for. */
async function inspectionOf(engine: EngineClient, id: string): Promise<ContainerInspection | null> {
  const deadline = Date.now() + REMOVAL_MS;
  for (;;) {
    const inspection = await engine.container(id);
    if (inspection === null || containerState(inspection) !== null) return inspection;
    if (Date.now() > deadline) {
      throw new EngineError(
        `container ${id} is "${String(inspection.State.Status)}" for too long`,
        500,
      );
    }
    await pause(REMOVAL_PAUSE_MS);
  }
}
