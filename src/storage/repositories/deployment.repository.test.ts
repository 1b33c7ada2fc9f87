import { describe, expect, it } from 'vitest';
import { aDeployment, aDigest } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import { PHASES, TRANSITIONS, type Deployment } from '../../domain/deployment/deployment.js';

const AT = '2026-03-01T10:00:05.000Z';

describe('a deployment', () => {
  it('is returned as it was stored', async () => {
    const { deployments } = await anOpenStorage();
    const full: Deployment = aDeployment({
      digest: aDigest('a'),
      previousDigest: aDigest('b'),
      phase: 'failed',
      waitingFor: 'registry',
      downtimeMs: 412,
      notBefore: AT,
      startedAt: AT,
      finishedAt: AT,
      supersededBy: '01OTHER',
      approvals: [{ by: 'anna', at: AT }],
      force: true,
      pinned: true,
      error: {
        code: 'exited',
        message: 'it exited with 1',
        retryable: false,
        serving: 'old',
        logTail: ['one', 'two\0three'],
      },
    });
    await deployments.insert(full);
    await deployments.insert(aDeployment({ id: 'plain' }));
    expect(await deployments.get(full.id)).toEqual(full);
    expect(await deployments.get('plain')).toEqual(aDeployment({ id: 'plain' }));
    expect(await deployments.get('nobody')).toBeNull();
  });

  it('is stored only once', async () => {
    const { deployments, events } = await anOpenStorage();
    await deployments.insert(aDeployment());
    await expect(deployments.insert(aDeployment({ tag: 'other' }))).rejects.toMatchObject({
      code: 'internal',
    });
    expect((await deployments.get(aDeployment().id))?.tag).toBe('latest');
    expect(await events.lastId()).toBe(1);
  });

  it('is changed only where the patch says so', async () => {
    const { deployments } = await anOpenStorage();
    await deployments.insert(aDeployment());
    const patch = { phase: 'queued', waitingFor: null, digest: aDigest('c') } as const;
    const changed = await deployments.transition(aDeployment().id, patch);
    expect(changed).toEqual({ ...aDeployment(), ...patch });
    expect(await deployments.get(aDeployment().id)).toEqual(changed);
  });

  it('changes its phase only as the transition table allows', async () => {
    const { deployments, events } = await anOpenStorage();
    for (const [from, to] of PHASES.flatMap((one) =>
      PHASES.map((other) => [one, other] as const),
    )) {
      const before = aDeployment({ id: `${from} to ${to}`, phase: from });
      await deployments.insert(before);
      const lastEvent = await events.lastId();
      const update = deployments.transition(before.id, { phase: to, reason: 'changed' });
      if (from === to || TRANSITIONS[from].includes(to)) {
        expect((await update).phase).toBe(to);
        expect(await events.lastId()).toBe(lastEvent + 1);
      } else {
        await expect(update, before.id).rejects.toMatchObject({ code: 'wrong-phase' });
        expect(await deployments.get(before.id)).toEqual(before);
        expect(await events.lastId()).toBe(lastEvent);
      }
    }
  });

  it('that does not exist cannot be changed', async () => {
    const { deployments } = await anOpenStorage();
    const notFound = { code: 'not-found' };
    await expect(deployments.transition('nobody', {})).rejects.toMatchObject(notFound);
    await expect(deployments.setIntent('nobody', {})).rejects.toMatchObject(notFound);
    await expect(deployments.beginStep('nobody', 'pull', null, AT)).rejects.toMatchObject(notFound);
    await expect(deployments.finishStep('nobody', 1, 'done', null, AT)).rejects.toMatchObject(
      notFound,
    );
  });

  it('keeps its intent until that is removed', async () => {
    const { deployments } = await anOpenStorage();
    await deployments.insert(aDeployment());
    expect(await deployments.intent(aDeployment().id)).toBeNull();
    const intent = { forward: true, why: ['a\0b', 'ü'], until: { engine: 12.5 } };
    await deployments.setIntent(aDeployment().id, intent);
    await deployments.transition(aDeployment().id, { phase: 'queued' });
    expect(await deployments.intent(aDeployment().id)).toEqual(intent);
    await deployments.setIntent(aDeployment().id, null);
    expect(await deployments.intent(aDeployment().id)).toBeNull();
    expect(await deployments.intent('nobody')).toBeNull();
  });

  it('is found by the intents of its service, newest first', async () => {
    const { deployments } = await anOpenStorage();
    for (const id of ['01A', '01B', '01C', '01D']) await deployments.insert(aDeployment({ id }));
    await deployments.insert(aDeployment({ id: '01E', service: 'another' }));
    for (const id of ['01A', '01C', '01D', '01E']) await deployments.setIntent(id, { of: id });
    const { environment, service } = aDeployment();
    const kept = await deployments.intentsOf(environment, service, 3);
    expect(kept).toEqual([{ of: '01D' }, { of: '01C' }]);
  });

  it('records its steps in order', async () => {
    const { deployments } = await anOpenStorage();
    await deployments.insert(aDeployment());
    const other = aDeployment({ id: 'other' });
    await deployments.insert(other);
    const pull = await deployments.beginStep(aDeployment().id, 'pull', 'by digest', AT);
    await deployments.finishStep(aDeployment().id, pull, 'done', null, AT);
    const stop = await deployments.beginStep(aDeployment().id, 'stop', null, AT);
    expect([pull, stop]).toEqual([1, 2]);
    expect(await deployments.beginStep(other.id, 'pull', null, AT)).toBe(1);
    expect(await deployments.steps(aDeployment().id)).toEqual([
      { name: 'pull', startedAt: AT, finishedAt: AT, outcome: 'done', detail: 'by digest' },
      { name: 'stop', startedAt: AT, finishedAt: null, outcome: null, detail: null },
    ]);
    await deployments.finishStep(aDeployment().id, stop, 'failed', 'engine said no', AT);
    expect((await deployments.steps(aDeployment().id))[1]).toMatchObject({
      outcome: 'failed',
      detail: 'engine said no',
    });
    await expect(
      deployments.finishStep(aDeployment().id, 3, 'done', null, AT),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('lists of deployments', () => {
  async function filled() {
    const storage = await anOpenStorage();
    const rows = [
      { id: '1', environment: 'staging', service: 'web', phase: 'succeeded' },
      { id: '2', environment: 'staging', service: 'api', phase: 'running' },
      { id: '3', environment: 'production', service: 'web', phase: 'waiting' },
      { id: '4', environment: 'staging', service: 'web', phase: 'queued' },
      { id: '5', environment: 'staging', service: 'web', phase: 'rolling-back' },
      { id: '6', environment: 'staging', service: 'web', phase: 'skipped' },
    ] as const;
    // Stored out of order: ids decide.
    for (const row of [...rows].reverse()) await storage.deployments.insert(aDeployment(row));
    return storage.deployments;
  }

  const ids = (list: readonly Deployment[]) => list.map(({ id }) => id).join('');

  it('are newest first, filtered and limited', async () => {
    const deployments = await filled();
    expect(ids(await deployments.list({ limit: 10 }))).toBe('654321');
    expect(ids(await deployments.list({ limit: 2 }))).toBe('65');
    expect(ids(await deployments.list({ environment: 'staging', limit: 10 }))).toBe('65421');
    expect(ids(await deployments.list({ service: 'web', limit: 10 }))).toBe('65431');
    expect(ids(await deployments.list({ phase: 'waiting', limit: 10 }))).toBe('3');
    expect(
      ids(
        await deployments.list({
          environment: null,
          service: null,
          phase: null,
          environments: null,
          before: null,
          limit: 10,
        }),
      ),
    ).toBe('654321');
  });

  it('show only the visible environments', async () => {
    const deployments = await filled();
    expect(ids(await deployments.list({ environments: ['production'], limit: 10 }))).toBe('3');
    expect(ids(await deployments.list({ environments: [], limit: 10 }))).toBe('');
    expect(
      ids(
        await deployments.list({ environment: 'staging', environments: ['production'], limit: 9 }),
      ),
    ).toBe('');
  });

  it('continue after a page, whatever was added in the meantime', async () => {
    const deployments = await filled();
    const first = await deployments.list({ limit: 4 });
    await deployments.insert(aDeployment({ id: '7' }));
    const rest = await deployments.list({ before: first.at(-1)?.id ?? '', limit: 4 });
    expect(ids(first) + ids(rest)).toBe('654321');
    expect(await deployments.list({ before: '1', limit: 4 })).toEqual([]);
  });

  it('contain what has not ended, oldest first', async () => {
    const deployments = await filled();
    expect(ids(await deployments.active())).toBe('2345');
    expect(ids(await deployments.activeOf('staging', 'web'))).toBe('45');
    expect(await deployments.activeOf('production', 'api')).toEqual([]);
  });

  it('give the last one of a service', async () => {
    const deployments = await filled();
    expect((await deployments.lastOf('staging', 'web'))?.id).toBe('6');
    expect(await deployments.lastOf('nowhere', 'web')).toBeNull();
  });

  it('contain those of one tag of a repository, newest first', async () => {
    const storage = await anOpenStorage();
    const of = (id: string, parts: object) =>
      storage.deployments.insert(aDeployment({ id, ...parts }));
    await of('1', { tag: '1.0', phase: 'failed' });
    await of('2', { tag: '1.0', service: 'api' });
    await of('3', { tag: '1.0', image: 'docker.io/acme/other' });
    await of('4', { tag: '1.1' });
    await of('5', { tag: '1.0' });
    const wanted = { environment: 'staging', service: 'web', image: 'docker.io/acme/web' };
    const ids = async (tag: string, limit: number) =>
      (await storage.deployments.ofTag({ ...wanted, tag }, limit)).map(({ id }) => id);
    expect(await ids('1.0', 9)).toEqual(['5', '1']);
    expect(await ids('1.0', 1)).toEqual(['5']);
    expect(await ids('latest', 9)).toEqual([]);
  });

  it('contain what succeeded, by time of completion', async () => {
    const { deployments } = await anOpenStorage();
    const phase = 'succeeded';
    await deployments.insert(
      aDeployment({ id: '1', phase, finishedAt: '2026-03-03T00:00:00.000Z' }),
    );
    await deployments.insert(
      aDeployment({ id: '2', phase, finishedAt: '2026-03-01T00:00:00.000Z' }),
    );
    await deployments.insert(
      aDeployment({ id: '3', phase, finishedAt: '2026-03-02T00:00:00.000Z' }),
    );
    await deployments.insert(aDeployment({ id: '4', phase: 'failed', finishedAt: AT }));
    await deployments.insert(aDeployment({ id: '5', phase, service: 'api', finishedAt: AT }));
    expect(ids(await deployments.succeeded('staging', 'web', 10))).toBe('132');
    expect(ids(await deployments.succeeded('staging', 'web', 1))).toBe('1');
  });

  it('contain every digest that ran, once', async () => {
    const { deployments, history } = await anOpenStorage();
    const ran = { startedAt: AT, phase: 'failed' } as const;
    await deployments.insert(aDeployment({ id: '1', digest: 'a', previousDigest: 'z', ...ran }));
    await deployments.insert(aDeployment({ id: '2', digest: 'b', previousDigest: 'a', ...ran }));
    await deployments.insert(aDeployment({ id: '3', digest: 'never', phase: 'skipped' }));
    await deployments.insert(aDeployment({ id: '4', digest: 'other', service: 'api', ...ran }));
    await deployments.insert(aDeployment({ id: '5', ...ran }));
    expect((await history.digestsThatRan('staging', 'web')).sort()).toEqual(['a', 'b', 'z']);
  });
});

describe('events', () => {
  it('show each change in order, without gaps after a reconnect', async () => {
    const { deployments, events } = await anOpenStorage();
    expect(await events.lastId()).toBe(0);
    await deployments.insert(aDeployment());
    await deployments.insert(aDeployment({ id: 'other', environment: 'production' }));
    await deployments.transition(aDeployment().id, { phase: 'queued' });
    expect(await events.lastId()).toBe(3);
    const all = await events.after(0, 10);
    expect(all.map(({ id, deployment }) => [id, deployment.id, deployment.phase])).toEqual([
      [1, aDeployment().id, 'waiting'],
      [2, 'other', 'waiting'],
      [3, aDeployment().id, 'queued'],
    ]);
    expect(all[0]?.deployment).toEqual(aDeployment());
    expect((await events.after(1, 1)).map(({ id }) => id)).toEqual([2]);
    expect((await events.after(0, 10, ['production'])).map(({ id }) => id)).toEqual([2]);
    expect(await events.after(0, 10, [])).toEqual([]);
    expect(await events.after(3, 10)).toEqual([]);
  });

  it('are committed with the transaction or not at all', async () => {
    const storage = await anOpenStorage();
    await storage.deployments.insert(aDeployment());
    const undone = storage.transaction(async (stored) => {
      await stored.deployments.transition(aDeployment().id, { phase: 'queued' });
      await stored.deployments.transition(aDeployment().id, { phase: 'succeeded' });
    });
    await expect(undone).rejects.toMatchObject({ code: 'wrong-phase' });
    expect(await storage.events.lastId()).toBe(1);
    expect((await storage.deployments.get(aDeployment().id))?.phase).toBe('waiting');
  });
});
