import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../domain/errors.js';
import { backupDatabase } from './backup.js';
import { isUnavailable } from './sqlite-failure.js';
import { openSqlite, type SqliteHandle } from './sqlite.js';
import { StorageOpenError } from '../storage-open-error.js';
import { sqliteFileOf } from '../storage-url.js';

/** Nobody else writes while the process lock is held; a backup that ends just now is waited for. */
const BUSY_TIMEOUT_MS = 5_000;
/** What may follow the name: a number and, until a copy is whole, what `backupDatabase` puts behind it. */
const ENDING = /^(?:\.\d+)?(?<partial>\.partial-[0-9a-f]{8}.*)?$/;

/**
 * Copies the storage, before a migration changes it, to `<file>.before-<migration>`: whole, on the disk
 * and for its owner only when this returns. A whole copy that is there is never overwritten: where it
 * holds just the same, an earlier attempt made it and it is kept as the copy; else the name gets a number,
 * as in `<file>.before-<migration>.2`. What a killed attempt left unfinished is removed.
 *
 * The caller holds the process lock and has no transaction open.
 * @param migration The first one that the storage lacks.
 * @returns the path of the copy.
 * @throws StorageOpenError where it cannot be written; nothing was changed.
 */
export async function copyBeforeUpgrade(url: string, migration: string): Promise<string> {
  const file = sqliteFileOf(url);
  const name = `${file}.before-${migration}`;
  try {
    await removeUnfinished(name);
    for (let number = 1; ; number += 1) {
      const copy = number === 1 ? name : `${name}.${String(number)}`;
      if (await isThere(copy)) {
        if (await holdsTheSame(file, copy)) return copy;
      } else {
        await backupDatabase(url, copy);
        return copy;
      }
    }
  } catch (error) {
    throw new StorageOpenError(
      `this version has to change the tables of ${file}, and the copy that it makes before could not be made, ` +
        `so nothing was changed: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** While a copy is made, an empty file holds its name. */
async function removeUnfinished(name: string): Promise<void> {
  const folder = dirname(name);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.startsWith(basename(name))) continue;
    const ending = ENDING.exec(entry.name.slice(basename(name).length));
    if (ending === null) continue;
    const path = join(folder, entry.name);
    if (ending.groups?.['partial'] !== undefined || (await stat(path)).size === 0) await rm(path);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Whether both have the same tables with the same rows; false where `copy` is no sound database. */
async function holdsTheSame(file: string, copy: string): Promise<boolean> {
  const handle = await openSqlite(file, { timeoutMs: BUSY_TIMEOUT_MS });
  try {
    handle.prepare('attach ? as copy').run(copy);
    if (!isSame(handle, 'name, sql', 'sqlite_master')) return false;
    const tables = handle.prepare("select name from main.sqlite_master where type = 'table'").all();
    return tables.every(({ name }) => isSame(handle, '*', `"${String(name)}"`));
  } catch (error) {
    if (isUnavailable(error)) return false;
    throw error;
  } finally {
    handle.close();
  }
}

/** Whether a table of `main` and of `copy` has the same rows; every table has a primary key. */
function isSame(handle: SqliteHandle, columns: string, table: string): boolean {
  const [one, other] = ['main', 'copy'].map((side) => `select ${columns} from ${side}.${table}`);
  return [`${one} except ${other} limit 1`, `${other} except ${one} limit 1`].every(
    (difference) => handle.prepare(difference).all().length === 0,
  );
}
