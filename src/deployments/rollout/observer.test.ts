import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../docker/engine-client.js';
import type { ContainerInspection } from '../../docker/inspection.js';
import { aContainer } from '../../docker/testing/inspection-builders.js';
import { anIntent, OLD_ID } from '../../domain/testing/builders.js';
import { observe, type Changed, type Look } from './observer.js';

const EPOCH = 'when the bridge was made';
const NEW_ID = 'new-container';

describe('a look at the engine', () => {
  it('lists containers and inspects each of them once, where anything may be there', async () => {
    const { asked, look } = await lookAt([web(OLD_ID, 'web'), web(NEW_ID, 'web.deploy-new')], {
      changed: 'anything',
    });
    expect(asked.filter((call) => call === 'list')).toHaveLength(2);
    expect(inspected(asked)).toEqual([NEW_ID, OLD_ID]);
    expect(look.snapshot).toMatchObject({ epoch: EPOCH, old: { name: 'web' } });
    expect([...look.inspections.keys()].sort()).toEqual([NEW_ID, OLD_ID]);
  });

  it('lists nothing where only the known ones can be there', async () => {
    const { asked } = await lookAt([web(OLD_ID, 'web')], { changed: 'the-known' });
    expect(asked.sort()).toEqual(['epoch', `inspect ${OLD_ID}`]);
  });

  it('asks for one container alone after a step that changed only this one', async () => {
    const containers = [web(OLD_ID, 'web'), web(NEW_ID, 'web.deploy-new')];
    const { look: before } = await lookAt(containers, { changed: 'anything' });
    const renamed = [web(OLD_ID, 'web.deploy-old'), web(NEW_ID, 'seen only when asked for')];
    const { asked, look } = await lookAt(renamed, { before, changed: [OLD_ID] });
    expect(asked).toEqual([`inspect ${OLD_ID}`]);
    expect(look.snapshot).toMatchObject({ epoch: EPOCH, old: { name: 'web.deploy-old' } });
    expect(look.inspections.get(NEW_ID)?.Name).toBe('/web.deploy-new');
  });

  it('shows a container no more that was gone when it was asked for', async () => {
    const { look: before } = await lookAt([web(OLD_ID, 'web')], { changed: 'anything' });
    const { look } = await lookAt([], { before, changed: [OLD_ID] });
    expect(look.snapshot.old).toBeNull();
    expect(look.inspections.size).toBe(0);
  });
});

async function lookAt(
  containers: readonly ContainerInspection[],
  { before = null, changed }: { before?: Look | null; changed: Changed },
): Promise<{ asked: string[]; look: Look }> {
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
    container: (id: string) => {
      asked.push(`inspect ${id}`);
      return Promise.resolve(containers.find((each) => each.Id === id) ?? null);
    },
  } as unknown as EngineClient;
  const look = await observe(engine, anIntent(), 'instance', { before, changed });
  return { asked, look };
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
