import { describe, expect, it } from 'vitest';
import { aDeployment } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';

describe('the log of a deployment', () => {
  it('is numbered from 1 and readable from any number', async () => {
    const { deployments, logs } = await anOpenStorage();
    await deployments.insert(aDeployment({ id: 'a' }));
    await deployments.insert(aDeployment({ id: 'b' }));
    const line = (text: string) =>
      ({ at: '2026-03-01T10:00:00.000Z', level: 'warn', text }) as const;
    await logs.append('a', [line('one'), line('two')]);
    await logs.append('b', [line('other')]);
    await logs.append('a', []);
    await logs.append('a', [line('three')]);
    expect(await logs.read('a', 0, 10)).toEqual([
      { seq: 1, ...line('one') },
      { seq: 2, ...line('two') },
      { seq: 3, ...line('three') },
    ]);
    expect((await logs.read('a', 1, 1)).map(({ text }) => text)).toEqual(['two']);
    expect(await logs.read('a', 3, 10)).toEqual([]);
    expect(await logs.read('b', 0, 10)).toEqual([{ seq: 1, ...line('other') }]);
  });

  it('belongs to a deployment', async () => {
    const { logs } = await anOpenStorage();
    const line = { at: '2026-03-01T10:00:00.000Z', level: 'info', text: 'x' } as const;
    await expect(logs.append('nobody', [line])).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the quarantine', () => {
  const entry = {
    environment: 'staging',
    service: 'web',
    digest: 'sha256:bad',
    deployment: '01',
    reason: 'it exited',
    at: '2026-03-01T10:00:00.000Z',
  };

  it('holds a digest in one service until it is removed', async () => {
    const { quarantine } = await anOpenStorage();
    await quarantine.add(entry);
    await quarantine.add({ ...entry, reason: 'again', at: '2026-03-03T10:00:00.000Z' });
    await quarantine.add({ ...entry, digest: 'sha256:worse', at: '2026-03-02T10:00:00.000Z' });
    expect(await quarantine.list('staging', 'web')).toEqual(['sha256:worse', 'sha256:bad']);
    expect(await quarantine.has('staging', 'web', 'sha256:bad')).toBe(true);
    expect(await quarantine.has('staging', 'api', 'sha256:bad')).toBe(false);
    expect(await quarantine.has('production', 'web', 'sha256:bad')).toBe(false);
    await quarantine.remove('staging', 'web', 'sha256:bad');
    await quarantine.remove('staging', 'web', 'sha256:bad');
    expect(await quarantine.list('staging', 'web')).toEqual(['sha256:worse']);
  });
});

describe('rechecks', () => {
  it('are pending once per service and tag; the first delivery counts', async () => {
    const { rechecks } = await anOpenStorage();
    const recheck = {
      environment: 'staging',
      service: 'web',
      image: 'docker.io/acme/web',
      tag: 'latest',
      delivery: '01',
      webhook: 'hub',
      at: '2026-03-01T10:00:01.000Z',
    };
    await rechecks.add(recheck);
    await rechecks.add({ ...recheck, delivery: '02' });
    await rechecks.add({ ...recheck, tag: 'edge', at: '2026-03-01T10:00:00.000Z' });
    expect(await rechecks.all()).toEqual([
      { ...recheck, tag: 'edge', at: '2026-03-01T10:00:00.000Z' },
      recheck,
    ]);
    await rechecks.remove('staging', 'web', 'edge');
    await rechecks.remove('staging', 'web', 'unknown');
    expect(await rechecks.all()).toEqual([recheck]);
  });
});

describe('tokens', () => {
  it('are kept by name, once', async () => {
    const { tokens } = await anOpenStorage();
    await tokens.add({ name: 'b', role: 'viewer', hash: '22' });
    await tokens.add({ name: 'a', role: 'admin', hash: '11' });
    await expect(tokens.add({ name: 'a', role: 'viewer', hash: '33' })).rejects.toMatchObject({
      code: 'internal',
    });
    expect(await tokens.all()).toEqual([
      { name: 'a', role: 'admin', hash: '11' },
      { name: 'b', role: 'viewer', hash: '22' },
    ]);
  });
});

describe('settings', () => {
  it('hold the last value', async () => {
    const { settings } = await anOpenStorage();
    expect(await settings.get('key')).toBeNull();
    await settings.set('key', 'one');
    await settings.set('key', 'two');
    expect(await settings.get('key')).toBe('two');
  });

  it('can be set once and then kept', async () => {
    const { settings } = await anOpenStorage();
    expect(await settings.setOnce('key', 'one')).toBe('one');
    expect(await settings.setOnce('key', 'two')).toBe('one');
    expect(await settings.get('key')).toBe('one');
  });
});

describe('spent approve links', () => {
  const at = '2026-03-01T10:00:00.000Z';

  it('are spent once', async () => {
    const { deployments, spentLinks } = await anOpenStorage();
    await deployments.insert(aDeployment({ id: 'a' }));
    const link = { deployment: 'a', id: 'x' };
    expect(await spentLinks.has(link)).toBe(false);
    const both = await Promise.all([spentLinks.spend(link, at), spentLinks.spend(link, at)]);
    expect(both.toSorted()).toEqual([false, true]);
    expect(await spentLinks.has(link)).toBe(true);
    expect(await spentLinks.spend({ ...link, id: 'y' }, at)).toBe(true);
  });

  it('are not spent if the transaction fails', async () => {
    const storage = await anOpenStorage();
    await storage.deployments.insert(aDeployment({ id: 'a' }));
    const link = { deployment: 'a', id: 'x' };
    const work = storage.transaction(async ({ spentLinks }) => {
      await spentLinks.spend(link, at);
      throw new Error('no verdict');
    });
    await expect(work).rejects.toThrow('no verdict');
    expect(await storage.spentLinks.has(link)).toBe(false);
  });
});
