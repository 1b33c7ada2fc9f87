import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
} from 'kysely';
import type { SqliteHandle } from './sqlite.js';
import { SqliteDriver } from './sqlite-driver.js';

/** Kysely over one open connection of the `node:sqlite` API. Destroying the Kysely instance closes the connection. */
export class SqliteDialect implements Dialect {
  constructor(private readonly handle: SqliteHandle) {}

  createDriver(): Driver {
    return new SqliteDriver(this.handle);
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }

  createIntrospector(database: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(database);
  }
}

/** SQLite can roll back DDL, so a migration that fails or is killed leaves nothing behind. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
