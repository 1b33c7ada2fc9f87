import { DEFAULT_MIGRATION_TABLE, Migrator, sql, type Kysely, type Migration } from 'kysely';
import * as initial from './migrations/0001-initial.js';
import * as pruning from './migrations/0002-pruning.js';
import * as policy from './migrations/0003-policy.js';
import * as approveLinks from './migrations/0004-approve-links.js';
import * as groups from './migrations/0005-groups.js';
import { messageOf } from '../domain/errors.js';
import { StorageOpenError } from './storage-open-error.js';

/** By name; their order is that of their names. */
type Migrations = Readonly<Record<string, Migration>>;

export interface MigrateOptions {
  /** This program's by default. */
  readonly migrations?: Migrations;
  /**
   * Called before tables that are there are changed, with the name of the first migration that they lack;
   * neither where they are up to date nor where there are none. Where it throws, nothing is changed.
   */
  readonly beforeUpgrade?: (migration: string) => Promise<void>;
}

/** Every change of the tables, in order. The names are kept in the database: never rename one. */
export const MIGRATIONS: Migrations = {
  '0001-initial': initial,
  '0002-pruning': pruning,
  '0003-policy': policy,
  '0004-approve-links': approveLinks,
  '0005-groups': groups,
};

/**
 * Brings the tables up to this program's, all or nothing.
 * @throws what `beforeUpgrade` throws.
 * @throws StorageOpenError where a newer Deploy has been at work on them: going on could lose what it wrote.
 */
export async function migrate<Tables>(
  database: Kysely<Tables>,
  { migrations = MIGRATIONS, beforeUpgrade }: MigrateOptions = {},
): Promise<void> {
  const known = await executed(database);
  const unknown = known.filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new StorageOpenError(
      `the storage was written by a newer Deploy (it knows ${unknown.join(', ')}); ` +
        'start that version again, or restore a backup made before the upgrade',
    );
  }
  const [pending] = Object.keys(migrations).filter((name) => !known.includes(name));
  if (pending === undefined) return;
  if (known.length > 0) await beforeUpgrade?.(pending);
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw error instanceof Error ? error : new Error(messageOf(error));
}

async function executed<Tables>(database: Kysely<Tables>): Promise<string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === DEFAULT_MIGRATION_TABLE)) return [];
  const { rows } = await sql<{
    name: string;
  }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(database);
  return rows.map((row) => row.name);
}
