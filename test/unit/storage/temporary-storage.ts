import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDatabaseFile } from '../../../src/storage/sqlite/database-file.js';
import { ProcessLock } from '../../../src/storage/sqlite/process-lock.js';
import { Storage } from '../../../src/storage/storage.js';
import type { SqliteHandle } from '../../../src/storage/sqlite/sqlite.js';

/** An empty folder that is removed when the test ends. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-storage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A storage URL in a folder of its own, with nothing there yet. */
export async function aStorageUrl(): Promise<string> {
  return `sqlite:${join(await aFolder(), 'deploy.db')}`;
}

/** The file of a URL made here. */
export function fileOf(url: string): string {
  return url.slice('sqlite:'.length);
}

/** A storage, empty unless the URL's has something; closed when the test ends. */
export async function anOpenStorage(url?: string): Promise<Storage> {
  const storage = await Storage.open(url ?? (await aStorageUrl()));
  onTestFinished(() => storage.close());
  return storage;
}

/** The same with its connection in hand, to make it fail. */
export async function anOpenStorageWithHandle(): Promise<{
  storage: Storage;
  handle: SqliteHandle;
  url: string;
}> {
  const url = await aStorageUrl();
  const lock = await ProcessLock.acquire(`${fileOf(url)}.lock`);
  const handle = await openDatabaseFile(fileOf(url));
  const storage = await Storage.over(handle, url, lock);
  onTestFinished(() => storage.close());
  return { storage, handle, url };
}
