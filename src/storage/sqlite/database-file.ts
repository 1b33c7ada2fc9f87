import { createPrivateFile, requireWritable } from './private-file.js';
import { isNotADatabase } from './sqlite-failure.js';
import { openSqlite, type SqliteHandle } from './sqlite.js';
import { StorageOpenError } from '../storage-open-error.js';

/** `Dply` in the header of the file says whose it is (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x44706c79;

/** Statements block the whole program, so a backup that ends just now is waited for, and no more. */
const BUSY_TIMEOUT_MS = 250;

/**
 * Opens the database file, made for its owner only where it is missing, so that a commit that returned is
 * on the disk.
 * @throws StorageOpenError where it is not ours or cannot be written.
 */
export async function openDatabaseFile(file: string): Promise<SqliteHandle> {
  await createPrivateFile(file);
  // SQLite would open it for reading only, and fail later with less to say.
  await requireWritable(file);
  const handle = await openSqlite(file, { timeoutMs: BUSY_TIMEOUT_MS });
  try {
    if (!isOurs(handle, file)) handle.exec(`pragma application_id = ${String(APPLICATION_ID)}`);
    if (pragma(handle, 'journal_mode = wal') !== 'wal') {
      throw new StorageOpenError(
        `${file} cannot be used safely: its file system does not support a write-ahead log`,
      );
    }
    handle.exec('pragma synchronous = full');
    handle.exec('pragma foreign_keys = on');
    // Takes the lock for writing, and so finds out whether the file may be written.
    handle.exec('begin immediate');
    handle.exec('rollback');
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/**
 * Whether Deploy has marked the file as its own; false for an empty one.
 * @throws StorageOpenError where it is of another program.
 */
export function isOurs(handle: SqliteHandle, file: string): boolean {
  let id: unknown;
  try {
    id = pragma(handle, 'application_id');
  } catch (error) {
    if (!isNotADatabase(error)) throw error;
    throw new StorageOpenError(`${file} is not a SQLite database; it was left as it is`, {
      cause: error,
    });
  }
  if (id === APPLICATION_ID) return true;
  const tables = handle.prepare('select name from sqlite_master limit 1').all();
  if (id === 0 && tables.length === 0) return false;
  throw new StorageOpenError(`${file} is the database of another program; it was left as it is`);
}

function pragma(handle: SqliteHandle, text: string): unknown {
  const [row] = handle.prepare(`pragma ${text}`).all();
  return row === undefined ? undefined : Object.values(row)[0];
}
