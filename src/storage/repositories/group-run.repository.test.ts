import { describe, expect, it } from 'vitest';
import { aDeployment } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import type { GroupRun } from '../../domain/deployment/group.js';
import type { Storage } from '../storage.js';

const NOON = '2026-01-01T12:00:00.000Z';

function aRun(id: string): GroupRun {
  return {
    id,
    environment: 'production',
    onFailure: 'stop',
    direction: 'forward',
    startedAt: NOON,
    finishedAt: null,
  };
}

async function memberOf(storage: Storage, id: string, group: string, service = 'web') {
  await storage.deployments.insert(
    aDeployment({
      id,
      service,
      phase: 'succeeded',
      finishedAt: NOON,
      group: { id: group, position: 1 },
    }),
  );
}

describe('grouped deployments', () => {
  it('are open until they end, with direction and deployments', async () => {
    const storage = await anOpenStorage();
    for (const id of ['one', 'two']) await storage.groupRuns.insert(aRun(id));
    await memberOf(storage, '2', 'one');
    await memberOf(storage, '1', 'one', 'api');
    await memberOf(storage, '3', 'two');
    await storage.groupRuns.turnBack('one');
    expect(await storage.groupRuns.open()).toEqual([
      { ...aRun('one'), direction: 'back' },
      aRun('two'),
    ]);
    const members = await storage.groupRuns.deployments('one');
    expect(members.map(({ id, group }) => [id, group])).toEqual([
      ['1', { id: 'one', position: 1 }],
      ['2', { id: 'one', position: 1 }],
    ]);
    await storage.groupRuns.finish('one', NOON);
    expect(await storage.groupRuns.open()).toEqual([aRun('two')]);
    const listed = await storage.deployments.list({ group: 'two', limit: 10 });
    expect(listed.map(({ id }) => id)).toEqual(['3']);
  });

  it('are deleted with the last of their deployments', async () => {
    const storage = await anOpenStorage();
    for (const id of ['old', 'kept', 'open']) await storage.groupRuns.insert(aRun(id));
    for (const id of ['old', 'kept']) await storage.groupRuns.finish(id, NOON);
    await memberOf(storage, '00', 'old');
    for (let age = 1; age <= 20; age++) {
      await memberOf(storage, String(age).padStart(2, '0'), 'kept');
    }
    const service = { environment: aDeployment().environment, service: 'web' };
    const all = { before: '2027-01-01T00:00:00.000Z', limit: 100 };
    expect(await storage.pruning.deployments(service, all)).toBe(1);
    await expect(storage.groupRuns.insert(aRun('old'))).resolves.toBeUndefined();
    await expect(storage.groupRuns.insert(aRun('kept'))).rejects.toThrow();
    await expect(storage.groupRuns.insert(aRun('open'))).rejects.toThrow();
  });
});
