import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aDelivery, aDeployment } from '../../test/unit/storage/samples.js';
import { StorageChild } from '../../test/unit/storage/child-process.js';
import { makeOlderStorage } from '../../test/unit/storage/older-storage.js';
import {
  aFolder,
  anOpenStorage,
  anOpenStorageWithHandle,
  aStorageUrl,
  fileOf,
} from '../../test/unit/storage/temporary-storage.js';
import { openSqlite } from './sqlite/sqlite.js';
import { StorageOpenError } from './storage-open-error.js';
import { Storage } from './storage.js';

async function refusal(url: string): Promise<string> {
  const error: unknown = await Storage.open(url, 0).then(
    (storage) => storage.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StorageOpenError);
  return (error as StorageOpenError).message;
}

describe('opening', () => {
  it('makes the folder and the file for their owner only', async () => {
    const file = join(await aFolder(), 'a', 'b', 'deploy.db');
    const storage = await anOpenStorage(`sqlite:${file}`);
    await storage.settings.set('key', 'value');
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
    expect((await stat(dirname(dirname(file)))).mode & 0o777).toBe(0o700);
    for (const name of await readdir(dirname(file))) {
      expect((await stat(join(dirname(file), name))).mode & 0o777, name).toBe(0o600);
    }
  });

  it('commits to the disk, not to a cache', async () => {
    const { handle } = await anOpenStorageWithHandle();
    const values = (['journal_mode', 'synchronous', 'foreign_keys'] as const).map((name) =>
      Object.values(handle.prepare(`pragma ${name}`).all()[0] ?? {}),
    );
    expect(values).toEqual([['wal'], [2], [1]]);
  });

  it('keeps what is there, and the instance id', async () => {
    const url = await aStorageUrl();
    const first = await Storage.open(url);
    await first.settings.set('key', 'value');
    await first.close();
    const second = await anOpenStorage(url);
    expect(second.instanceId).toBe(first.instanceId);
    expect(first.instanceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await second.settings.get('key')).toBe('value');
  });

  it('has everything in its one file once it is closed', async () => {
    const url = await aStorageUrl();
    const storage = await Storage.open(url);
    await storage.settings.set('key', 'value');
    await storage.close();
    const copied = `sqlite:${join(await aFolder(), 'copy.db')}`;
    await copyFile(fileOf(url), fileOf(copied));
    expect(await (await anOpenStorage(copied)).settings.get('key')).toBe('value');
  });

  it('gives each storage an instance id of its own', async () => {
    expect((await anOpenStorage()).instanceId).not.toBe((await anOpenStorage()).instanceId);
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    const file = join(await aFolder(), 'notes.txt');
    await writeFile(file, 'these are my notes, all of them\n'.repeat(50));
    expect(await refusal(`sqlite:${file}`)).toContain('not a SQLite database');
    expect(await readFile(file, 'utf8')).toBe('these are my notes, all of them\n'.repeat(50));
  });

  it('refuses the database of another program, and leaves it as it is', async () => {
    const file = join(await aFolder(), 'other.db');
    const other = await openSqlite(file, { timeoutMs: 0 });
    other.exec('create table deployments (id integer)');
    other.close();
    const before = await readFile(file);
    expect(await refusal(`sqlite:${file}`)).toContain('another program');
    expect(before.equals(await readFile(file))).toBe(true);
  });

  it('refuses tables that a newer version has changed, and leaves them as they are', async () => {
    const { handle, storage, url } = await anOpenStorageWithHandle();
    handle.exec("insert into kysely_migration values ('9999-from-the-future', '2030-01-01')");
    await storage.close();
    const before = await readFile(fileOf(url));
    const message = await refusal(url);
    expect(message).toContain('newer Deploy');
    expect(message).toContain('9999-from-the-future');
    expect(before.equals(await readFile(fileOf(url)))).toBe(true);
  });

  it('brings the tables of an older version up to date, with what is in them', async () => {
    const url = await aStorageUrl();
    await makeOlderStorage(fileOf(url));
    const storage = await anOpenStorage(url);
    expect(await storage.settings.get('written-by')).toBe('the older version');
    expect(await storage.groupRuns.open()).toEqual([]);
  });

  it.each([
    ['a folder in its place', async (folder: string) => mkdir(join(folder, 'deploy.db'))],
    ['a file in the place of its folder', async (folder: string) => writeFile(folder + '/x', '')],
  ])('tells the file where there is %s', async (name, prepare) => {
    const folder = await aFolder();
    await prepare(folder);
    const file = name.startsWith('a folder') ? `${folder}/deploy.db` : `${folder}/x/deploy.db`;
    expect(await refusal(`sqlite:${file}`)).toContain(file);
  });

  it.each(['postgres://localhost/deploy', 'sqlite:', 'sqlite:///', 'deploy.db', ''])(
    'refuses the URL %j',
    async (url) => {
      expect(await refusal(url)).toContain('sqlite:<path>');
    },
  );

  it('refuses files that this user may not write', async () => {
    const url = await aStorageUrl();
    await (await Storage.open(url)).close();
    await chmod(dirname(fileOf(url)), 0o777);
    await chmod(fileOf(url), 0o444);
    await chmod(`${fileOf(url)}.lock`, 0o666);
    expect(await StorageChild.start('readonly', url).line()).toContain(
      `refused: cannot open the storage ${fileOf(url)}: EACCES`,
    );
  });

  it('refuses a folder that this user may not write', async () => {
    const folder = await aFolder();
    await chmod(folder, 0o555);
    const told = await StorageChild.start('readonly', `sqlite:${folder}/deploy.db`).line();
    expect(told).toContain(`refused: cannot open the storage ${folder}/deploy.db: EACCES`);
  });

  it('leaves nothing locked after a refusal', async () => {
    const url = await aStorageUrl();
    await writeFile(
      fileOf(url),
      'no database, certainly not one of ours, and longer than a header',
    );
    await refusal(url);
    await writeFile(fileOf(url), '');
    const storage = await anOpenStorage(url);
    expect(await storage.isWritable()).toBe(true);
  });
});

describe('one process at a time', () => {
  it('refuses a second opening in this process and in another', async () => {
    const url = await aStorageUrl();
    const storage = await anOpenStorage(url);
    const child = StorageChild.start('hold', url);
    expect(await refusal(url)).toContain('another Deploy process is using the storage');
    expect(await child.line()).toContain('refused: another Deploy process is using the storage');
    expect(await storage.isWritable()).toBe(true);
  }, 20_000);

  it('opens as soon as the process before has ended, even by kill -9', async () => {
    const url = await aStorageUrl();
    const child = StorageChild.start('hold', url);
    expect(await child.line()).toBe('open');
    expect(await refusal(url)).toContain('another Deploy process');
    const waiting = Storage.open(url);
    await child.kill();
    const storage = await waiting;
    expect(await storage.isWritable()).toBe(true);
    await storage.close();
  }, 20_000);
});

describe('durability', () => {
  it('has everything that was reported as stored when the process is killed', async () => {
    const url = await aStorageUrl();
    const child = StorageChild.start('write', url);
    let last = '';
    for (let number = 0; number < 25; number += 1) last = (await child.line()) ?? '';
    await child.kill();
    expect(last).toBe('000024');
    const storage = await anOpenStorage(url);
    for (let number = 0; number < 25; number += 1) {
      const id = String(number).padStart(6, '0');
      const delivery = await storage.deliveries.get(`delivery-${id}`);
      expect(delivery?.deployments).toEqual([`deployment-${id}`]);
      expect(await storage.deployments.get(`deployment-${id}`)).not.toBeNull();
      expect(await storage.logs.read(`deployment-${id}`, 0, 10)).toHaveLength(1);
    }
    // What the child had not reported yet is there as a whole or not at all.
    const deliveries = await storage.deliveries.list({ limit: 1_000 });
    expect(await storage.events.lastId()).toBe(deliveries.length);
  }, 20_000);
});

describe('closing', () => {
  it('refuses later calls and may be repeated', async () => {
    const storage = await anOpenStorage();
    await Promise.all([storage.close(), storage.close()]);
    await storage.close();
    await expect(storage.settings.get('key')).rejects.toMatchObject({
      code: 'storage-unavailable',
    });
    expect(await storage.isWritable()).toBe(false);
  });

  it('lets the transaction in hand end', async () => {
    const url = await aStorageUrl();
    const storage = await Storage.open(url);
    const stored = storage.transaction(async ({ deployments, deliveries }) => {
      await deployments.insert(aDeployment());
      await new Promise((resolve) => setTimeout(resolve, 20));
      await deliveries.insert(aDelivery(), { bodyHash: null, senderDeliveryId: null });
    });
    await storage.close();
    await stored;
    const again = await anOpenStorage(url);
    expect(await again.deliveries.get(aDelivery().id)).toEqual(aDelivery());
  });
});
