import { describe, expect, it } from 'vitest';
import { aDelivery, aDeployment } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import { KEPT_DEPLOYMENTS } from '../../domain/deployment/retention.js';
import type { Storage } from '../storage.js';

const WEB = { environment: 'staging', service: 'web' };
const day = (number: number): string => new Date(Date.UTC(2026, 0, number)).toISOString();
const EVERYTHING = { before: day(300), limit: 1_000 };

/** The deployment of a day of the year 2026, which ended at once. */
function ofDay(number: number, changes: Partial<Deployment> = {}): Deployment {
  const at = day(number);
  return aDeployment({
    id: `d${String(number).padStart(3, '0')}`,
    phase: 'succeeded',
    waitingFor: null,
    digest: `digest-${number}`,
    previousDigest: `digest-${number - 1}`,
    trigger: { kind: 'api', by: 'anna', delivery: null },
    createdAt: at,
    startedAt: at,
    finishedAt: at,
    ...changes,
  });
}

async function fill(storage: Storage, deployments: readonly Deployment[]): Promise<void> {
  await storage.transaction(async (stored) => {
    for (const each of deployments) await stored.deployments.insert(each);
  });
}

const days = (count: number, changes: Partial<Deployment> = {}): Deployment[] =>
  Array.from({ length: count }, (_, index) => ofDay(index + 1, changes));

async function ids(storage: Storage): Promise<string[]> {
  const list = await storage.deployments.list({ limit: 1_000 });
  return list.map(({ id }) => id).sort();
}

describe('pruning of deployments', () => {
  it('deletes those that ended before, with everything that belongs to them', async () => {
    const storage = await anOpenStorage();
    await fill(storage, days(30));
    await storage.deployments.beginStep('d003', 'pull', null, day(3));
    await storage.spentLinks.spend({ deployment: 'd003', id: 'x' }, day(3));
    await storage.logs.append('d003', [{ at: day(3), level: 'info', text: 'one' }]);
    const delivery = aDelivery({ deployments: ['d003', 'd030'] });
    await storage.deliveries.insert(delivery, { bodyHash: 'x', senderDeliveryId: null });

    expect(await storage.pruning.deployments(WEB, { before: day(5), limit: 100 })).toBe(4);
    expect(await ids(storage)).toEqual(
      days(30)
        .slice(4)
        .map(({ id }) => id),
    );
    expect(await storage.deployments.get('d003')).toBeNull();
    expect(await storage.deployments.steps('d003')).toEqual([]);
    expect(await storage.logs.read('d003', 0, 10)).toEqual([]);
    expect(await storage.spentLinks.has({ deployment: 'd003', id: 'x' })).toBe(false);
    // No dangling link.
    expect((await storage.deliveries.get(delivery.id))?.deployments).toEqual(['d030']);
  });

  it('deletes at most the limit per call', async () => {
    const storage = await anOpenStorage();
    await fill(storage, days(30));
    const taken: number[] = [];
    for (let batch = 0; batch < 4; batch++) {
      taken.push(await storage.pruning.deployments(WEB, { ...EVERYTHING, limit: 4 }));
    }
    expect(taken).toEqual([4, 4, 2, 0]);
    expect(await ids(storage)).toEqual(
      days(30)
        .slice(10)
        .map(({ id }) => id),
    );
  });

  it('keeps the newest of each service and the newest that succeeded', async () => {
    const storage = await anOpenStorage();
    await fill(storage, days(30));
    await fill(
      storage,
      days(60)
        .slice(30)
        .map((each) => ({ ...each, phase: 'skipped' as const, startedAt: null })),
    );
    await fill(storage, [{ ...ofDay(100), service: 'other' }]);
    await storage.pruning.deployments(WEB, EVERYTHING);
    const kept = [...days(30).slice(10), ...days(60).slice(40), ofDay(100)].map(({ id }) => id);
    expect(await ids(storage)).toEqual(kept);
    expect(await storage.pruning.deployments({ ...WEB, service: 'other' }, EVERYTHING)).toBe(0);
  });

  it('never deletes one that has not ended', async () => {
    const storage = await anOpenStorage();
    const phases = ['waiting', 'queued', 'running', 'rolling-back'] as const;
    const active = phases.map((phase, index) => ofDay(index + 1, { phase, finishedAt: null }));
    await fill(storage, [...active, ...days(60).slice(10)]);
    await storage.pruning.deployments(WEB, EVERYTHING);
    expect((await storage.deployments.active()).map(({ phase }) => phase)).toEqual(phases);
    expect(await ids(storage)).toHaveLength(phases.length + KEPT_DEPLOYMENTS);
  });

  it('visits one service after another', async () => {
    const storage = await anOpenStorage();
    for (const [environment, service] of [
      ['b', 'a'],
      ['a', 'b'],
      ['a', 'z'],
      ['a', 'b'],
    ] as const) {
      const id = `${String((await ids(storage)).length)}${environment}${service}`;
      await storage.deployments.insert(aDeployment({ id, environment, service }));
    }
    const told: string[] = [];
    for (let each = await storage.pruning.serviceAfter(null); each !== null;) {
      told.push(`${each.environment}/${each.service}`);
      each = await storage.pruning.serviceAfter(each);
    }
    expect(told).toEqual(['a/b', 'a/z', 'b/a']);
  });

  it('keeps what ran in each rollout', async () => {
    const storage = await anOpenStorage();
    await fill(storage, [
      ofDay(1, { phase: 'rolled-back', tag: 'v1' }),
      ofDay(2, { phase: 'skipped', startedAt: null, previousDigest: null }),
      ...days(30).slice(5, 30),
    ]);
    expect(await storage.history.pruned('d001')).toBeNull();
    await storage.pruning.deployments(WEB, EVERYTHING);
    expect(await storage.history.pruned('d001')).toEqual({
      id: 'd001',
      ...WEB,
      image: 'docker.io/acme/web',
      tag: 'v1',
      digest: 'digest-1',
      previousDigest: 'digest-0',
      phase: 'rolled-back',
      finishedAt: day(1),
    });
    expect(await storage.history.pruned('d002')).toBeNull();
    const ended = await storage.history.ended('staging', 'web', 100);
    expect(ended).toHaveLength(26);
    expect([ended[0]?.id, ended.at(-1)?.id]).toEqual(['d030', 'd001']);
    const succeeded = await storage.history.succeeded('staging', 'web', 22);
    expect([succeeded[0]?.id, succeeded.at(-1)?.id]).toEqual(['d030', 'd009']);
  });
});

describe('pruning of deliveries', () => {
  const fingerprint = { bodyHash: 'hash', senderDeliveryId: null };

  async function withDeliveries(): Promise<Storage> {
    const storage = await anOpenStorage();
    for (const number of [1, 2, 3, 4, 5, 6]) {
      const delivery = aDelivery({ id: `h${number}`, receivedAt: day(number) });
      await storage.deliveries.insert(delivery, fingerprint);
    }
    return storage;
  }

  const left = async (storage: Storage): Promise<string[]> =>
    (await storage.deliveries.list({ limit: 100 })).map(({ id }) => id).sort();

  it('deletes old ones in batches', async () => {
    const storage = await withDeliveries();
    expect(await storage.pruning.deliveries({ before: day(4), limit: 2 })).toBe(2);
    expect(await left(storage)).toEqual(['h3', 'h4', 'h5', 'h6']);
    expect(await storage.pruning.deliveries({ before: day(4), limit: 2 })).toBe(1);
    expect(await storage.pruning.deliveries({ before: day(4), limit: 2 })).toBe(0);
    const query = { bodyHash: 'hash', bodySince: day(1), senderDeliveryId: null, idSince: day(1) };
    expect(await storage.deliveries.findDuplicate('hub', query)).toBe('h6');
  });

  it('keeps one with a deployment or a pending recheck', async () => {
    const storage = await withDeliveries();
    await storage.deployments.insert(ofDay(1));
    await storage.deliveries.link('h1', 'd001');
    const trigger = { kind: 'webhook', by: 'hub', delivery: 'h2' } as const;
    await storage.deployments.insert(ofDay(2, { trigger }));
    const at = day(3);
    const recheck = { ...WEB, image: 'i', tag: 't', delivery: 'h3', webhook: 'hub', at };
    await storage.rechecks.add(recheck);

    expect(await storage.pruning.deliveries(EVERYTHING)).toBe(3);
    expect(await left(storage)).toEqual(['h1', 'h2', 'h3']);
  });

  it('deletes it once its deployments are gone', async () => {
    const storage = await withDeliveries();
    await fill(storage, days(30));
    await storage.deliveries.link('h1', 'd001');
    await storage.deliveries.link('h2', 'd001');
    await storage.deliveries.link('h2', 'd030');
    await storage.pruning.deployments(WEB, EVERYTHING);
    await storage.pruning.deliveries(EVERYTHING);
    expect(await left(storage)).toEqual(['h2']);
  });
});

describe('pruning of events', () => {
  it('deletes old ones of ended deployments, but never the newest', async () => {
    const { deployments, events, pruning } = await anOpenStorage();
    await deployments.insert(aDeployment({ id: 'waits' }));
    await deployments.insert(aDeployment({ id: 'ended', phase: 'failed' }));
    for (const id of ['a', 'b', 'c']) {
      await deployments.insert(aDeployment({ id, phase: 'skipped' }));
    }
    expect(await pruning.events({ before: '2020-01-01T00:00:00.000Z', limit: 10 })).toBe(0);
    const soon = new Date(Date.now() + 60_000).toISOString();
    expect(await pruning.events({ before: soon, limit: 2 })).toBe(2);
    expect(await pruning.events({ before: soon, limit: 2 })).toBe(1);
    expect((await events.after(0, 10)).map(({ id }) => id)).toEqual([1, 5]);
    expect(await events.lastId()).toBe(5);
    await deployments.insert(aDeployment({ id: 'next' }));
    expect(await events.lastId()).toBe(6);
  });
});
