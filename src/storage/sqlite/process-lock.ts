import { setTimeout as sleep } from 'node:timers/promises';
import { createPrivateFile, requireWritable } from './private-file.js';
import { isBusy } from './sqlite-failure.js';
import { openSqlite, type SqliteHandle } from './sqlite.js';
import { StorageOpenError } from '../storage-open-error.js';

/** An old process may take 10 s to end, but releases its storage well before. */
const WAIT_MS = 5_000;
const PAUSE_MS = 50;

/**
 * Keeps a second process out. It is a kernel lock on a separate file, held by SQLite's `BEGIN EXCLUSIVE`, so it is
 * released when the process ends in any way; the storage itself stays readable for a backup. The file is not removed
 * on release: otherwise two processes could lock two files of the same name.
 */
export class ProcessLock {
  #released = false;

  private constructor(private readonly handle: SqliteHandle) {}

  /**
   * Waits up to `waitMs` for the holder to end.
   * @throws StorageOpenError if another process (or this one) still holds it then.
   */
  static async acquire(file: string, waitMs: number = WAIT_MS): Promise<ProcessLock> {
    await createPrivateFile(file);
    await requireWritable(file);
    const handle = await openSqlite(file, { timeoutMs: 0 });
    try {
      const deadline = performance.now() + waitMs;
      while (!tryLock(handle)) {
        if (performance.now() >= deadline) {
          throw new StorageOpenError(
            `another Deploy process is using the storage (it holds ${file}); stop it first`,
          );
        }
        await sleep(PAUSE_MS);
      }
      return new ProcessLock(handle);
    } catch (error) {
      handle.close();
      throw error;
    }
  }

  /** A second call does nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.handle.close();
  }
}

function tryLock(handle: SqliteHandle): boolean {
  try {
    // In memory: nothing is ever written, and no journal file should be left behind.
    handle.exec('pragma journal_mode = memory');
    handle.exec('begin exclusive');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}
