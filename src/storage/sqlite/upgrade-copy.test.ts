import { Logger } from '@nestjs/common';
import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inOlderStorage, makeOlderStorage } from '../../../test/unit/storage/older-storage.js';
import { aStorageUrl, fileOf } from '../../../test/unit/storage/temporary-storage.js';
import { openSqlite } from './sqlite.js';
import { Storage } from '../storage.js';

const COPY = 'deploy.db.before-0004-approve-links';

const said = vi.fn<(line: unknown) => void>();

beforeEach(() => {
  vi.spyOn(Logger.prototype, 'log').mockImplementation(said);
});
afterEach(() => {
  vi.restoreAllMocks();
  said.mockClear();
});

async function anOlderStorageUrl(): Promise<string> {
  const url = await aStorageUrl();
  await makeOlderStorage(fileOf(url));
  return url;
}

async function upgrade(url: string): Promise<void> {
  await (await Storage.open(url)).close();
}

/** The files beside the database and its lock. */
async function copies(url: string): Promise<string[]> {
  const names = await readdir(dirname(fileOf(url)));
  return names.filter((name) => name.startsWith('deploy.db.before-')).sort();
}

function pathOf(url: string, copy: string): string {
  return `${dirname(fileOf(url))}/${copy}`;
}

/** The migrations that a file has had, and who wrote the setting in it. */
async function shown(file: string): Promise<{ migrations: number; writtenBy: unknown }> {
  const handle = await openSqlite(file, { timeoutMs: 0 });
  const migrations = handle.prepare('select name from kysely_migration').all().length;
  const [row] = handle.prepare("select value from settings where key = 'written-by'").all();
  handle.close();
  return { migrations, writtenBy: row?.['value'] };
}

describe('before an upgrade', () => {
  it('the storage is copied as it was, for its owner only, and the log says where to', async () => {
    const url = await anOlderStorageUrl();
    await upgrade(url);
    expect(await copies(url)).toEqual([COPY]);
    const copy = pathOf(url, COPY);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    expect(await shown(copy)).toEqual({ migrations: 3, writtenBy: 'the older version' });
    expect((await shown(fileOf(url))).migrations).toBeGreaterThan(3);
    expect(said.mock.calls).toEqual([[{ msg: expect.stringContaining(copy) as string, copy }]]);
  });

  it('nothing is copied where the storage is new, or up to date', async () => {
    const url = await aStorageUrl();
    await upgrade(url);
    await upgrade(url);
    expect(await copies(url)).toEqual([]);
    expect(said).not.toHaveBeenCalled();
  });

  it('what the copy holds can be put back, and upgraded again with no further copy', async () => {
    const url = await anOlderStorageUrl();
    await upgrade(url);
    await rm(fileOf(url));
    await copyFile(pathOf(url, COPY), fileOf(url));
    expect(await shown(fileOf(url))).toEqual({ migrations: 3, writtenBy: 'the older version' });
    await upgrade(url);
    expect(await copies(url)).toEqual([COPY]);
  });

  it('an attempt that was killed while it copied leaves nothing in the way', async () => {
    const url = await anOlderStorageUrl();
    await writeFile(pathOf(url, COPY), '');
    await writeFile(pathOf(url, `${COPY}.partial-0123abcd`), 'half of it');
    await upgrade(url);
    expect(await copies(url)).toEqual([COPY]);
    expect(await shown(pathOf(url, COPY))).toMatchObject({ migrations: 3 });
  });

  it('the copy of an earlier attempt is kept, and used where it holds the same', async () => {
    const url = await anOlderStorageUrl();
    const old = await readFile(fileOf(url));
    await upgrade(url);
    const first = await readFile(pathOf(url, COPY));
    // As if the migration had not come to its end.
    await writeFile(fileOf(url), old);
    await upgrade(url);
    expect(await copies(url)).toEqual([COPY]);
    // As if the older version had then been at work for a while.
    await writeFile(fileOf(url), old);
    await inOlderStorage(fileOf(url), (handle) => {
      handle.exec("update settings set value = 'the older version, later'");
    });
    await upgrade(url);
    expect(await copies(url)).toEqual([COPY, `${COPY}.2`]);
    expect(first.equals(await readFile(pathOf(url, COPY)))).toBe(true);
    expect(await shown(pathOf(url, `${COPY}.2`))).toEqual({
      migrations: 3,
      writtenBy: 'the older version, later',
    });
  });

  it('a file of that name that is none of ours is not overwritten', async () => {
    const url = await anOlderStorageUrl();
    await writeFile(pathOf(url, COPY), 'precious\n'.repeat(100));
    await upgrade(url);
    expect(await copies(url)).toEqual([COPY, `${COPY}.2`]);
    expect(await readFile(pathOf(url, COPY), 'utf8')).toContain('precious');
  });
});
