import { randomUUID } from 'node:crypto';
import { Kysely } from 'kysely';
import { DeployError, messageOf } from '../domain/errors.js';
import { backupDatabase } from './sqlite/backup.js';
import { openDatabaseFile } from './sqlite/database-file.js';
import { migrate } from './migrations.js';
import { createFolderOf } from './sqlite/private-file.js';
import { ProcessLock } from './sqlite/process-lock.js';
import { Repositories } from './repositories/repositories.js';
import type { Schema } from './repositories/schema.js';
import { StorageSession, TransactionSession, type ChangeListener } from './session.js';
import { SqliteDialect } from './sqlite/sqlite-dialect.js';
import type { SqliteHandle } from './sqlite/sqlite.js';
import { StorageOpenError } from './storage-open-error.js';
import { sqliteFileOf } from './storage-url.js';
import { copyBeforeUpgrade } from './sqlite/upgrade-copy.js';

const INSTANCE_ID = 'instance.id';
const LAST_PROBE = 'health.last-probe';

/**
 * Everything that Deploy remembers. What a call has stored when it returns is on the disk and outlives
 * a kill or a power cut; what it could not store, it has not stored in part.
 */
export class Storage extends Repositories {
  private constructor(
    /** Random, made at the first open: the containers of this Deploy bear it as `deploy.instance`. */
    readonly instanceId: string,
    private readonly url: string,
    private readonly session: StorageSession,
    private readonly lock: ProcessLock,
  ) {
    super(session);
  }

  /**
   * Opens the storage that a `sqlite:` URL names, makes it where it is missing and brings it up to date. It
   * is copied first where an older version made it: see `copyBeforeUpgrade`.
   * @param lockWaitMs How long another process that uses it may take to end.
   * @throws StorageOpenError, which means exit code 2.
   */
  static async open(url: string, lockWaitMs?: number): Promise<Storage> {
    const file = sqliteFileOf(url);
    try {
      await createFolderOf(file);
      const lock = await ProcessLock.acquire(`${file}.lock`, lockWaitMs);
      try {
        return await Storage.over(await openDatabaseFile(file), url, lock);
      } catch (error) {
        lock.release();
        throw error;
      }
    } catch (error) {
      if (error instanceof StorageOpenError) throw error;
      throw new StorageOpenError(`cannot open the storage ${file}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Over a connection that is open already, which it closes at its end, as it releases the lock. */
  static async over(handle: SqliteHandle, url: string, lock: ProcessLock): Promise<Storage> {
    const database = new Kysely<Schema>({ dialect: new SqliteDialect(handle) });
    try {
      await migrate(database, { beforeUpgrade: (migration) => keepCopy(url, migration) });
      const session = new StorageSession(database);
      return new Storage(await instanceIdOf(new Repositories(session)), url, session, lock);
    } catch (error) {
      handle.close();
      throw error;
    }
  }

  /**
   * Does all of `work`, on disk, or, where it throws, nothing. Nothing else is stored in between, so keep
   * it short: no waiting for anything but the repositories that it is given.
   * @throws DeployError `storage-unavailable` where it cannot be stored now; else what `work` throws.
   */
  transaction<T>(work: (stored: Repositories) => Promise<T>): Promise<T> {
    return this.session.write((database, announce) =>
      work(new Repositories(new TransactionSession(database, announce))),
    );
  }

  /**
   * Calls the listener after each commit, once per change, in order.
   * @returns what ends it.
   */
  onChange(listener: ChangeListener): () => void {
    return this.session.onChange(listener);
  }

  /** Whether deliveries can be stored now: it stores something small. */
  async isWritable(): Promise<boolean> {
    try {
      await this.settings.set(LAST_PROBE, new Date().toISOString());
      return true;
    } catch (error) {
      if (error instanceof DeployError && error.code === 'storage-unavailable') return false;
      throw error;
    }
  }

  /** Copies the storage into a new file; see `backupDatabase`. */
  backup(file: string): Promise<void> {
    return backupDatabase(this.url, file);
  }

  /** Ends what is under way and lets the next process in. Later calls fail with `storage-unavailable`; a second `close` does nothing. */
  async close(): Promise<void> {
    await this.session.close();
    this.lock.release();
  }
}

async function keepCopy(url: string, migration: string): Promise<void> {
  const copy = await copyBeforeUpgrade(url, migration);
  // Imported only here: nothing else of the storage needs it, and it takes long to load.
  const { Logger } = await import('@nestjs/common');
  new Logger('Storage').log({
    msg: `the tables are brought up to this version; as they were they are in ${copy}`,
    copy,
  });
}

async function instanceIdOf(stored: Repositories): Promise<string> {
  const known = await stored.settings.get(INSTANCE_ID);
  if (known !== null) return known;
  const made = randomUUID();
  await stored.settings.set(INSTANCE_ID, made);
  return made;
}
