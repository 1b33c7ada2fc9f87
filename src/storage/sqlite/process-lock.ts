import { setTimeout as sleep } from 'node:timers/promises';
import { createPrivateFile, requireWritable } from './private-file.js';
import { isBusy } from './sqlite-failure.js';
import { openSqlite, type SqliteHandle } from './sqlite.js';
import { StorageOpenError } from '../storage-open-error.js';

/** An old process may take 10 s to end, but frees its storage well before. */
const WAIT_MS = 5_000;
const PAUSE_MS = 50;

/**
 * Keeps a second process off. It is a lock of the kernel on a file of its own, held by SQLite's
 * `BEGIN EXCLUSIVE`, so it ends with the process, however that ends; the storage itself stays readable for
 * a backup. The file stays when it is released: removing it would let two processes lock two files of one name.
 */
export class ProcessLock {
  #released = false;

  private constructor(private readonly handle: SqliteHandle) {}

  /**
   * Waits up to `waitMs` for the holder to end.
   * @throws StorageOpenError where another process (or this one) still holds it then.
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
    // In memory: nothing is ever written, and no journal file is to lie around.
    handle.exec('pragma journal_mode = memory');
    handle.exec('begin exclusive');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}
