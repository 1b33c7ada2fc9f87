import { describe, expect, it } from 'vitest';
import { aDelivery, aDeployment } from '../../test/unit/storage/samples.js';
import { StorageChild } from '../../test/unit/storage/child-process.js';
import {
  anOpenStorage,
  anOpenStorageWithHandle,
  aStorageUrl,
} from '../../test/unit/storage/temporary-storage.js';
import { DeployError } from '../domain/errors.js';
import type { Repositories } from './repositories/repositories.js';
import type { Change } from './session.js';
import { openSqlite } from './sqlite/sqlite.js';
import type { Storage } from './storage.js';

const NO_FINGERPRINT = { bodyHash: null, senderDeliveryId: null };

async function storeBoth(stored: Repositories, size = 10): Promise<void> {
  const deployments = [aDeployment().id];
  await stored.deliveries.insert(
    aDelivery({ deployments, body: 'x'.repeat(size) }),
    NO_FINGERPRINT,
  );
  await stored.deployments.insert(aDeployment());
  await stored.logs.append(aDeployment().id, [
    { at: '2026-03-01T10:00:00.000Z', level: 'info', text: 'made' },
  ]);
}

async function expectNothingOf(storage: Storage): Promise<void> {
  expect(await storage.deliveries.list({ limit: 10 })).toEqual([]);
  expect(await storage.deployments.list({ limit: 10 })).toEqual([]);
  expect(await storage.logs.read(aDeployment().id, 0, 10)).toEqual([]);
  expect(await storage.events.lastId()).toBe(0);
}

describe('a transaction', () => {
  it('stores all and gives back what the work returns', async () => {
    const storage = await anOpenStorage();
    const answer = await storage.transaction(async (stored) => {
      await storeBoth(stored);
      return (await stored.deployments.get(aDeployment().id))?.phase;
    });
    expect(answer).toBe('waiting');
    expect((await storage.deliveries.get(aDelivery().id))?.deployments).toHaveLength(1);
    expect(await storage.events.lastId()).toBe(1);
  });

  it('leaves nothing of a work that fails, and passes its error on', async () => {
    const storage = await anOpenStorage();
    const why = new Error('changed my mind');
    await expect(
      storage.transaction(async (stored) => {
        await storeBoth(stored);
        throw why;
      }),
    ).rejects.toBe(why);
    await expectNothingOf(storage);
    await storage.transaction((stored) => storeBoth(stored));
    expect(await storage.deployments.list({ limit: 10 })).toHaveLength(1);
  });

  it('lets nothing in between, neither reads nor writes nor other transactions', async () => {
    const storage = await anOpenStorage();
    const order: string[] = [];
    const first = storage.transaction(async ({ settings }) => {
      order.push('first begins');
      await settings.set('key', 'half');
      await new Promise((resolve) => setTimeout(resolve, 20));
      await settings.set('key', 'whole');
      order.push('first ends');
    });
    const read = storage.settings.get('key').then((value) => order.push(`read ${String(value)}`));
    const write = storage.settings.set('other', 'x').then(() => order.push('written'));
    const second = storage.transaction(async ({ settings }) => {
      order.push(`second sees ${String(await settings.get('key'))}`);
    });
    await Promise.all([first, read, write, second]);
    expect(order[0]).toBe('first begins');
    expect(order[1]).toBe('first ends');
    expect(order.slice(2).sort()).toEqual(['read whole', 'second sees whole', 'written']);
  });

  it('refuses the repositories outside, which would wait for it for ever', async () => {
    const storage = await anOpenStorage();
    const inside = storage.transaction(() => storage.settings.get('key'));
    await expect(inside).rejects.toMatchObject({ code: 'internal' });
    const nested = storage.transaction(() => storage.transaction(() => Promise.resolve()));
    await expect(nested).rejects.toMatchObject({ code: 'internal' });
    expect(await storage.settings.get('key')).toBeNull();
  });

  it('lets what a work has started use the storage once it is over', async () => {
    const storage = await anOpenStorage();
    let later: Promise<string | null> = Promise.resolve('not started');
    await storage.transaction(async ({ settings }) => {
      await settings.set('key', 'value');
      later = new Promise((resolve) => setTimeout(resolve, 20)).then(() =>
        storage.settings.get('key'),
      );
    });
    expect(await later).toBe('value');
  });

  it('is undone where a delivery names a deployment that was never stored', async () => {
    const storage = await anOpenStorage();
    const delivery = aDelivery({ deployments: ['nobody'] });
    await expect(
      storage.transaction((stored) => stored.deliveries.insert(delivery, NO_FINGERPRINT)),
    ).rejects.toMatchObject({ code: 'internal' });
    await expectNothingOf(storage);
    expect(await storage.isWritable()).toBe(true);
  });

  it('serves two hundred at once, each in its turn', async () => {
    const storage = await anOpenStorage();
    await storage.settings.set('count', '0');
    await Promise.all(
      Array.from({ length: 200 }, () =>
        storage.transaction(async ({ settings }) => {
          const count = Number(await settings.get('count'));
          await settings.set('count', String(count + 1));
        }),
      ),
    );
    expect(await storage.settings.get('count')).toBe('200');
  });
});

describe('many calls in a row', () => {
  it('let timers and sockets have their turn', async () => {
    const storage = await anOpenStorage();
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const began = performance.now();
    while (turns <= 3 && performance.now() - began < 8_000) {
      await storage.settings.set('key', 'value');
    }
    clearImmediate(next);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('listeners', () => {
  it('hear of changes after the commit only', async () => {
    const storage = await anOpenStorage();
    const heard: Change[] = [];
    const stop = storage.onChange((change) => heard.push(change));
    await storage.transaction(async (stored) => {
      await storeBoth(stored);
      expect(heard).toEqual([]);
    });
    const deployment = aDeployment().id;
    expect(heard).toEqual([
      { kind: 'deployment', deployment },
      { kind: 'log', deployment },
    ]);
    await storage.deployments.transition(deployment, { phase: 'queued' });
    expect(heard).toHaveLength(3);
    stop();
    await storage.deployments.transition(deployment, { phase: 'running' });
    expect(heard).toHaveLength(3);
  });

  it('hear nothing of what was undone', async () => {
    const storage = await anOpenStorage();
    const heard: Change[] = [];
    storage.onChange((change) => heard.push(change));
    const undone = storage.transaction(async (stored) => {
      await storeBoth(stored);
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(heard).toEqual([]);
  });

  it('cannot harm the one who stores, nor each other', async () => {
    const storage = await anOpenStorage();
    const heard: Change[] = [];
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    storage.onChange(() => {
      throw new Error('listener is broken');
    });
    storage.onChange((change) => heard.push(change));
    await storage.deployments.insert(aDeployment());
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('warning', onWarning);
    expect(heard).toHaveLength(1);
    expect(warnings).toEqual(['listener is broken']);
  });
});

describe('a disk that is full', () => {
  it('gives storage-unavailable, leaves nothing, and works again when there is room', async () => {
    const { storage, handle } = await anOpenStorageWithHandle();
    const pages = Object.values(handle.prepare('pragma page_count').all()[0] ?? {})[0];
    handle.exec(`pragma max_page_count = ${String(pages)}`);
    const error: unknown = await storage
      .transaction((stored) => storeBoth(stored, 1_000_000))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeployError);
    expect(error).toMatchObject({ code: 'storage-unavailable', retryable: true });
    expect((error as DeployError).cause).toMatchObject({ message: 'database or disk is full' });
    await expectNothingOf(storage);
    handle.exec('pragma max_page_count = 1000000');
    await storage.transaction((stored) => storeBoth(stored, 1_000_000));
    expect((await storage.deliveries.get(aDelivery().id))?.body).toHaveLength(1_000_000);
  });

  it('undoes the whole also where the work did not mind', async () => {
    const { storage, handle } = await anOpenStorageWithHandle();
    const pages = Object.values(handle.prepare('pragma page_count').all()[0] ?? {})[0];
    handle.exec(`pragma max_page_count = ${String(pages)}`);
    const careless = storage.transaction(async (stored) => {
      await stored.settings.set('before', 'x');
      await stored.settings.set('large', 'x'.repeat(1_000_000)).catch(() => 'never mind');
      handle.exec('pragma max_page_count = 1000000');
      await stored.settings.set('after', 'x').catch(() => 'never mind');
    });
    await expect(careless).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(await storage.settings.get('before')).toBeNull();
    expect(await storage.settings.get('after')).toBeNull();
    await storage.settings.set('after', 'y');
    expect(await storage.settings.get('after')).toBe('y');
  });

  it('survives real failures of write(2) with the same connection', async () => {
    const told = await StorageChild.start('full', await aStorageUrl()).line();
    expect(JSON.parse(told ?? 'null')).toEqual({
      failed: 'storage-unavailable',
      cause: 'disk I/O error',
      writable: false,
      stored: [
        { id: 'delivery-before', deployments: ['deployment-before'] },
        { id: 'delivery-after', deployments: ['deployment-after'] },
      ].sort((one, other) => other.id.localeCompare(one.id)),
    });
  });
});

describe('a storage that cannot be written', () => {
  it('gives storage-unavailable while it is read-only, and says so', async () => {
    const { storage, handle } = await anOpenStorageWithHandle();
    handle.exec('pragma query_only = on');
    await expect(storage.transaction(storeBoth)).rejects.toMatchObject({
      code: 'storage-unavailable',
    });
    expect(await storage.isWritable()).toBe(false);
    await expectNothingOf(storage);
    handle.exec('pragma query_only = off');
    expect(await storage.isWritable()).toBe(true);
    await storage.transaction(storeBoth);
  });

  it('gives storage-unavailable while another program holds the lock', async () => {
    const { storage, handle } = await anOpenStorageWithHandle();
    handle.exec('pragma busy_timeout = 0');
    const [entry] = handle.prepare('pragma database_list').all();
    const other = await openSqlite(String(entry?.['file']), { timeoutMs: 0 });
    other.exec('begin immediate');
    await expect(storage.transaction(storeBoth)).rejects.toMatchObject({
      code: 'storage-unavailable',
      cause: { message: 'database is locked' },
    });
    other.exec('rollback');
    other.close();
    await storage.transaction(storeBoth);
    expect(await storage.deployments.list({ limit: 10 })).toHaveLength(1);
  });
});
