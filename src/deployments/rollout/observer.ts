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

/** How long a container may take to be removed before it is looked at as it is, in milliseconds. */
const REMOVAL_MS = 10_000;
const REMOVAL_PAUSE_MS = 50;

/** Looks at everything on the engine that the next step of a rollout is decided by. */
export async function observe(
  engine: EngineClient,
  intent: RolloutIntent,
  instance: string,
): Promise<Snapshot> {
  const [epoch, containers] = await Promise.all([engine.epoch(), lookAtAll(engine, intent)]);
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

/** Every container under one of the service's names, with the rollout's label, or that is being replaced. */
async function lookAtAll(engine: EngineClient, intent: RolloutIntent): Promise<ContainerState[]> {
  const name = intent.container.replaceAll('.', '\\.');
  const [named, labelled] = await Promise.all([
    engine.containers({ name: [`^/?${name}(\\.deploy-(new|old|failed|twin))?$`] }),
    engine.containers({ label: [`${LABELS.deployment}=${intent.deployment}`] }),
  ]);
  const ids = new Set([...named, ...labelled].map((each) => each.id));
  ids.add(intent.old.id);
  const states = await Promise.all([...ids].map((id) => stateOf(engine, id)));
  return states.filter((state) => state !== null);
}

/** Null where it is gone. A container that is being removed is waited for. */
async function stateOf(engine: EngineClient, id: string): Promise<ContainerState | null> {
  const deadline = Date.now() + REMOVAL_MS;
  for (;;) {
    const inspection = await engine.container(id);
    if (inspection === null) return null;
    const state = containerState(inspection);
    if (state !== null) return state;
    if (Date.now() > deadline) {
      throw new EngineError(
        `container ${id} is "${String(inspection.State.Status)}" for too long`,
        500,
      );
    }
    await pause(REMOVAL_PAUSE_MS);
  }
}
