import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { DeployError } from '../../domain/errors.js';
import { isUnavailable } from './sqlite-failure.js';
import type { SqliteHandle, SqliteStatement, SqliteValue } from './sqlite.js';

const MOST_STATEMENTS_KEPT = 200;

/** SQLite blocks, and its promises resolve at once: after this long, timers and sockets get a turn. */
const LONGEST_TURN_MS = 10;

/**
 * Hands out the only connection to one user at a time, in the order of requests: a statement or a transaction has the
 * connection for itself.
 */
export class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  #last: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #turnBegan = performance.now();

  constructor(private readonly handle: SqliteHandle) {
    this.#connection = new SqliteConnection(handle);
  }

  /** The connection is open already. */
  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last;
    let release: () => void = () => undefined;
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    this.#release = release;
    if (performance.now() - this.#turnBegan > LONGEST_TURN_MS) {
      await nextTurn();
      this.#turnBegan = performance.now();
    }
    return this.#connection;
  }

  releaseConnection(): Promise<void> {
    return done(() => {
      this.#release();
    });
  }

  beginTransaction(): Promise<void> {
    return done(() => {
      this.#connection.begin();
    });
  }

  commitTransaction(): Promise<void> {
    return done(() => {
      this.#connection.commit();
    });
  }

  rollbackTransaction(): Promise<void> {
    return done(() => {
      this.#connection.rollback();
    });
  }

  async destroy(): Promise<void> {
    await this.acquireConnection();
    this.moveIntoOneFile();
    this.handle.close();
    this.#release();
  }

  /** Moves the write-ahead log into the database, so that a closed storage may be copied as a single file. */
  private moveIntoOneFile(): void {
    try {
      this.handle.exec('pragma wal_checkpoint(truncate)');
    } catch (error) {
      // If the disk is full, nothing is lost: the next open reads the write-ahead log.
      if (!isUnavailable(error)) throw error;
    }
  }
}

/** Runs an action at once and returns a promise: Kysely expects promises, but SQLite blocks. */
function done(action: () => void): Promise<void> {
  return new Promise((resolve) => {
    action();
    resolve();
  });
}

/**
 * Invariants: statements of a transaction run inside it or not at all, although SQLite itself ends a transaction after
 * some failures (https://sqlite.org/lang_transaction.html); and a transaction in which the disk failed once is never
 * committed, even if the caller continues.
 */
class SqliteConnection implements DatabaseConnection {
  readonly #statements = new Map<string, PreparedStatement>();
  #inTransaction = false;
  #failure: unknown = null;

  constructor(private readonly handle: SqliteHandle) {}

  begin(): void {
    if (this.handle.isTransaction) this.handle.exec('rollback');
    // Immediate: an unavailable lock is reported now, not at the first write.
    this.handle.exec('begin immediate');
    this.#inTransaction = true;
    this.#failure = null;
  }

  commit(): void {
    this.refuseAfterFailure();
    this.handle.exec('commit');
    this.#inTransaction = false;
  }

  rollback(): void {
    this.#inTransaction = false;
    if (this.handle.isTransaction) this.handle.exec('rollback');
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      this.refuseAfterFailure();
      return Promise.resolve(this.execute<R>(query));
    } catch (error) {
      if (this.#inTransaction && (!this.handle.isTransaction || isUnavailable(error))) {
        this.#failure ??= error;
      }
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming would block the only connection; read in pages');
  }

  private execute<R>(query: CompiledQuery): QueryResult<R> {
    const { statement, givesRows } = this.prepare(query.sql);
    const parameters = query.parameters.map(toSqlite);
    if (givesRows) {
      return { rows: statement.all(...parameters).map(fromSqlite) as R[] };
    }
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid), rows: [] };
  }

  private prepare(sql: string): PreparedStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.handle.prepare(sql);
    const prepared = { statement, givesRows: statement.columns().length > 0 };
    this.#statements.set(sql, prepared);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > MOST_STATEMENTS_KEPT && oldest !== undefined) {
      this.#statements.delete(oldest);
    }
    return prepared;
  }

  private refuseAfterFailure(): void {
    if (this.#inTransaction && this.#failure !== null) {
      throw new DeployError('storage-unavailable', 'storage failed earlier in this transaction', {
        cause: this.#failure,
      });
    }
  }
}

interface PreparedStatement {
  readonly statement: SqliteStatement;
  readonly givesRows: boolean;
}

/**
 * Text with a NUL is stored as bytes and becomes text again when read: `@photostructure/sqlite` truncates text at the
 * first NUL. None of our columns holds real bytes, so there is no ambiguity.
 */
function toSqlite(value: unknown): SqliteValue {
  if (typeof value === 'string') return value.includes('\0') ? Buffer.from(value, 'utf8') : value;
  if (value === null || typeof value === 'number' || typeof value === 'bigint') return value;
  throw new TypeError(`storage cannot keep a value of type ${typeof value}`);
}

function fromSqlite(row: Record<string, SqliteValue>): Record<string, SqliteValue> {
  for (const [column, value] of Object.entries(row)) {
    if (value instanceof Uint8Array) row[column] = Buffer.from(value).toString('utf8');
  }
  return row;
}
