import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aDelivery, aDeployment } from '../../../test/unit/storage/samples.js';
import { StorageChild } from '../../../test/unit/storage/child-process.js';
import {
  aFolder,
  anOpenStorage,
  aStorageUrl,
  fileOf,
} from '../../../test/unit/storage/temporary-storage.js';
import { backupDatabase } from './backup.js';
import { Storage } from '../storage.js';

const NO_FINGERPRINT = { bodyHash: null, senderDeliveryId: null };

describe('a backup', () => {
  it('made by another process of a live storage holds everything that was stored', async () => {
    const url = await aStorageUrl();
    const storage = await anOpenStorage(url);
    await storage.deployments.insert(aDeployment());
    const delivery = aDelivery({ deployments: [aDeployment().id], body: 'with a \0' });
    await storage.deliveries.insert(delivery, NO_FINGERPRINT);
    const target = join(await aFolder(), 'copy.db');
    expect(await StorageChild.start('backup', url, target).line()).toBe('done');
    await storage.settings.set('after', 'the backup');

    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect(await readdir(dirname(target))).toEqual(['copy.db']);
    const copy = await anOpenStorage(`sqlite:${target}`);
    expect(await copy.deliveries.get(delivery.id)).toEqual(delivery);
    expect(await copy.deployments.get(aDeployment().id)).toEqual(aDeployment());
    expect(await copy.events.after(0, 10)).toHaveLength(1);
    expect(await copy.settings.get('after')).toBeNull();
    expect(copy.instanceId).toBe(storage.instanceId);
    expect(await storage.isWritable()).toBe(true);
  });

  it('can be made by the server itself while it is storing, and keeps others off afterwards', async () => {
    const url = await aStorageUrl();
    const storage = await anOpenStorage(url);
    const target = join(await aFolder(), 'copy.db');
    await Promise.all([
      storage.backup(target),
      ...Array.from({ length: 20 }, (_, number) => storage.settings.set(String(number), 'x')),
    ]);
    await (await Storage.open(`sqlite:${target}`)).close();
    await expect(Storage.open(url, 0)).rejects.toThrow('another Deploy process');
    expect(await StorageChild.start('hold', url, '0').line()).toContain('refused');
  }, 20_000);

  it('can be made of a storage that nobody uses', async () => {
    const url = await aStorageUrl();
    const storage = await Storage.open(url);
    await storage.settings.set('key', 'value');
    await storage.close();
    const target = join(await aFolder(), 'copy.db');
    await backupDatabase(url, target);
    expect(await (await anOpenStorage(`sqlite:${target}`)).settings.get('key')).toBe('value');
  });

  it('never overwrites', async () => {
    const url = await aStorageUrl();
    await anOpenStorage(url);
    const target = join(await aFolder(), 'precious');
    await writeFile(target, 'precious');
    await expect(backupDatabase(url, target)).rejects.toMatchObject({ code: 'invalid' });
    await expect(backupDatabase(url, fileOf(url))).rejects.toMatchObject({ code: 'invalid' });
    expect(await readFile(target, 'utf8')).toBe('precious');
  });

  it('leaves nothing where it fails', async () => {
    const folder = await aFolder();
    const missing = `sqlite:${join(folder, 'none.db')}`;
    await expect(backupDatabase(missing, join(folder, 'copy.db'))).rejects.toMatchObject({
      name: 'StorageOpenError',
    });
    await writeFile(join(folder, 'notes.db'), 'these are my notes\n'.repeat(100));
    const notes = `sqlite:${join(folder, 'notes.db')}`;
    await expect(backupDatabase(notes, join(folder, 'copy.db'))).rejects.toThrow(
      'not a SQLite database',
    );
    const url = await aStorageUrl();
    await anOpenStorage(url);
    await expect(backupDatabase(url, join(folder, 'no', 'copy.db'))).rejects.toMatchObject({
      code: 'storage-unavailable',
    });
    expect(await readdir(folder)).toEqual(['notes.db']);
    await rm(join(folder, 'notes.db'));
  });
});
