import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../docker/client/engine-client.js';
import type { ContainerInspection } from '../../docker/inspection/inspection.js';
import { aContainer, anImage } from '../../docker/testing/inspection-builders.js';
import { NO_HOOKS } from '../../domain/rollout/hooks.js';
import { hookLabels, LABELS } from '../../domain/rollout/labels.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { anIntent, OLD_ID } from '../../domain/testing/builders.js';
import { aRunHook } from '../../domain/testing/hook-builders.js';
import { observe, type ObservationBasis, type Observation } from './observer.js';

const EPOCH = 'when the bridge was made';
const NEW_ID = 'new-container';

describe('a look at the engine', () => {
  it('lists containers and inspects each of them once, where anything may be there', async () => {
    const { asked, observation } = await observeEngine([
      web(OLD_ID, 'web'),
      web(NEW_ID, 'web.deploy-new'),
    ]);
    expect(asked.filter((call) => call === 'list')).toHaveLength(2);
    expect(inspected(asked)).toEqual([NEW_ID, OLD_ID]);
    expect(observation.snapshot).toMatchObject({ epoch: EPOCH, old: { name: 'web' } });
    expect([...observation.inspections.keys()].sort()).toEqual([NEW_ID, OLD_ID]);
  });

  it('lists nothing where only the known ones can be there', async () => {
    const { observation: before } = await observeEngine([web(OLD_ID, 'web')]);
    const basis: ObservationBasis = { before, refresh: 'known' };
    const { asked } = await observeEngine(
      [web(OLD_ID, 'web'), web(NEW_ID, 'web.deploy-new')],
      basis,
    );
    expect(asked.sort()).toEqual(['epoch', `inspect ${OLD_ID}`]);
  });

  it('asks for one container alone after a step that changed only this one', async () => {
    const containers = [web(OLD_ID, 'web'), web(NEW_ID, 'web.deploy-new')];
    const { observation: before } = await observeEngine(containers);
    const renamed = [web(OLD_ID, 'web.deploy-old'), web(NEW_ID, 'seen only when asked for')];
    const { asked, observation } = await observeEngine(renamed, { before, refresh: [OLD_ID] });
    expect(asked).toEqual([`inspect ${OLD_ID}`]);
    expect(observation.snapshot).toMatchObject({ epoch: EPOCH, old: { name: 'web.deploy-old' } });
    expect(observation.inspections.get(NEW_ID)?.Name).toBe('/web.deploy-new');
  });

  it('shows a container no more that was gone when it was asked for', async () => {
    const { observation: before } = await observeEngine([web(OLD_ID, 'web')]);
    const { observation } = await observeEngine([], { before, refresh: [OLD_ID] });
    expect(observation.snapshot.old).toBeNull();
    expect(observation.inspections.size).toBe(0);
  });
});

describe('what a step itself saw', () => {
  it('is not asked for again', async () => {
    const { observation: before } = await observeEngine([web(OLD_ID, 'web')]);
    const made = { id: NEW_ID, inspection: web(NEW_ID, 'web.deploy-new') };
    const { asked, observation } = await observeEngine([], { before, refresh: [made] });
    expect(asked).toEqual([]);
    expect(observation.inspections.get(NEW_ID)).toBe(made.inspection);
    expect(observation.snapshot).toMatchObject({ epoch: EPOCH, old: { name: 'web' } });
    expect(observation.oldImage).toBe(before.oldImage);
  });

  it('may be that a container is gone', async () => {
    const { observation: before } = await observeEngine([web(OLD_ID, 'web')]);
    const { observation } = await observeEngine([], {
      before,
      refresh: [{ id: OLD_ID, inspection: null }],
    });
    expect(observation.snapshot.old).toBeNull();
  });
});

describe('the one-off container of a hook', () => {
  const HOOK_ID = 'hook-container';
  const RUNS = { hooks: { ...NO_HOOKS.hooks, before: [aRunHook()] } };
  const ours = (deployment: string): ContainerInspection =>
    labelled(web(HOOK_ID, 'web.deploy-hook'), {
      ...hookLabels(anIntent(), 'instance'),
      [LABELS.deployment]: deployment,
    });

  it('is seen where it is of this rollout, and is nobody else of it', async () => {
    const { observation } = await observeEngine([web(OLD_ID, 'web'), ours(anIntent().deployment)]);
    const { hook, candidate, leftovers, strangers } = observation.snapshot;
    expect(hook?.id).toBe(HOOK_ID);
    expect({ candidate, leftovers, strangers }).toEqual({
      candidate: null,
      leftovers: [],
      strangers: [],
    });
  });

  it('is left over where it is of an earlier one', async () => {
    const { observation } = await observeEngine([web(OLD_ID, 'web'), ours('an earlier one')]);
    expect(observation.snapshot.hook).toBeNull();
    expect(observation.snapshot.leftovers.map(({ id }) => id)).toEqual([HOOK_ID]);
  });

  it('is in the way where it is somebody else’s and a hook needs its name, and only then', async () => {
    const foreign = [web(OLD_ID, 'web'), web(HOOK_ID, 'web.deploy-hook')];
    const { observation } = await observeEngine(foreign);
    expect(observation.snapshot.strangers).toEqual([]);
    const { observation: needed } = await observeEngine(foreign, undefined, RUNS);
    expect(needed.snapshot.strangers).toEqual(['web.deploy-hook']);
  });
});

async function observeEngine(
  containers: readonly ContainerInspection[],
  basis: ObservationBasis = { before: null, refresh: 'all' },
  intent: Partial<Omit<RolloutIntent, 'old'>> = {},
): Promise<{ asked: string[]; observation: Observation }> {
  const asked: string[] = [];
  const engine = {
    epoch: () => {
      asked.push('epoch');
      return Promise.resolve(EPOCH);
    },
    containers: () => {
      asked.push('list');
      return Promise.resolve(containers.map((each) => ({ id: each.Id, names: [], labels: {} })));
    },
    image: () => {
      asked.push('image');
      return Promise.resolve(anImage());
    },
    container: (id: string) => {
      asked.push(`inspect ${id}`);
      return Promise.resolve(containers.find((each) => each.Id === id) ?? null);
    },
  } as unknown as EngineClient;
  const observation = await observe(engine, anIntent(intent), 'instance', basis);
  return { asked, observation };
}

function inspected(asked: readonly string[]): string[] {
  return asked
    .filter((call) => call.startsWith('inspect '))
    .map((call) => call.slice('inspect '.length))
    .sort();
}

function web(id: string, name: string): ContainerInspection {
  return { ...aContainer(), Id: id, Name: `/${name}` };
}

function labelled(
  container: ContainerInspection,
  labels: Readonly<Record<string, string>>,
): ContainerInspection {
  return { ...container, Config: { ...container.Config, Labels: labels } };
}
