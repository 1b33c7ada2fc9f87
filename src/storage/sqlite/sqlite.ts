/** A value in SQLite. */
export type SqliteValue = string | number | bigint | null | Uint8Array;

/** The part of a prepared statement that we use. */
export interface SqliteStatement {
  all(...parameters: SqliteValue[]): Record<string, SqliteValue>[];
  run(...parameters: SqliteValue[]): {
    changes: number | bigint;
    lastInsertRowid: number | bigint;
  };
  /** One entry per column of the result; empty for a statement that returns no rows. */
  columns(): unknown[];
}

/** One connection: the part of the `node:sqlite` API that we use. Every call blocks until it is done. */
export interface SqliteHandle {
  readonly isTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

interface SqliteModule {
  DatabaseSync: new (
    file: string,
    options?: { readOnly?: boolean; timeout?: number },
  ) => SqliteHandle;
}

const FIRST_NODE_WITH_STABLE_SQLITE = 24;

/**
 * Opens a connection with Node's own SQLite from Node 24 on, and with a package of the same API below (Node 20 has
 * none, and that of Node 22 prints a warning).
 * @param timeoutMs How long a statement may block the whole process while another process holds the file.
 */
export async function openSqlite(
  file: string,
  options: { readOnly?: boolean; timeoutMs: number },
): Promise<SqliteHandle> {
  const { DatabaseSync } = await loadSqlite();
  return new DatabaseSync(file, {
    readOnly: options.readOnly ?? false,
    timeout: options.timeoutMs,
  });
}

async function loadSqlite(): Promise<SqliteModule> {
  if (Number.parseInt(process.versions.node, 10) >= FIRST_NODE_WITH_STABLE_SQLITE) {
    const builtIn = process.getBuiltinModule('node:sqlite');
    if (builtIn === undefined) throw new Error('this Node.js was built without SQLite');
    return builtIn as SqliteModule;
  }
  return await import('@photostructure/sqlite');
}
