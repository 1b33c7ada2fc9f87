import { randomBytes } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DeployError, messageOf } from '../../domain/errors.js';
import { isOurs } from './database-file.js';
import { createPrivateFile, syncToDisk } from './private-file.js';
import { openSqlite } from './sqlite.js';
import { StorageOpenError } from '../storage-open-error.js';
import { sqliteFileOf } from '../storage-url.js';

/** The running server may be in the middle of a commit. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Copies the storage as it is at one moment into a new file, also while a server is using it. When this
 * returns, the copy is whole, on disk and readable by its owner only; when it throws, there is none. A
 * program that is killed meanwhile leaves an empty file of that name at most.
 * @throws StorageOpenError where there is no storage of ours to copy.
 * @throws DeployError `invalid` where the target exists, `storage-unavailable` where it cannot be written.
 */
export async function backupDatabase(url: string, target: string): Promise<void> {
  const source = sqliteFileOf(url);
  const file = resolve(target);
  const partial = `${file}.partial-${randomBytes(4).toString('hex')}`;
  await requireSource(source);
  await reserve(file);
  try {
    await createPrivateFile(partial);
    await copy(source, partial);
    await syncToDisk(partial);
    await rename(partial, file);
    await syncToDisk(dirname(file));
  } catch (error) {
    await rm(partial, { force: true });
    await rm(file, { force: true });
    if (error instanceof StorageOpenError) throw error;
    throw cannotWrite(file, error);
  }
}

async function requireSource(source: string): Promise<void> {
  try {
    await stat(source);
  } catch (error) {
    throw new StorageOpenError(`cannot read the storage ${source}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Takes the name, so that nothing that is there, or comes there meanwhile, is overwritten. */
async function reserve(file: string): Promise<void> {
  let made: boolean;
  try {
    made = await createPrivateFile(file);
  } catch (error) {
    throw cannotWrite(file, error);
  }
  if (!made) throw new DeployError('invalid', `${file} exists already; name a new file`);
}

async function copy(source: string, target: string): Promise<void> {
  const handle = await openSqlite(source, { timeoutMs: BUSY_TIMEOUT_MS });
  try {
    if (!isOurs(handle, source)) {
      throw new StorageOpenError(`${source} is empty: there is nothing to back up`);
    }
    handle.prepare('vacuum into ?').run(target);
  } finally {
    handle.close();
  }
}

function cannotWrite(file: string, error: unknown): DeployError {
  return new DeployError(
    'storage-unavailable',
    `the backup ${file} cannot be written: ${messageOf(error)}`,
    { cause: error },
  );
}
