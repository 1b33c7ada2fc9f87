import { DEFAULT_MIGRATION_TABLE, Migrator, sql, type Kysely, type Migration } from 'kysely';
import * as initial from './migrations/0001-initial.js';
import * as pruning from './migrations/0002-pruning.js';
import * as policy from './migrations/0003-policy.js';
import * as approveLinks from './migrations/0004-approve-links.js';
import * as groups from './migrations/0005-groups.js';
import { messageOf } from '../domain/errors.js';
import { StorageOpenError } from './storage-open-error.js';

/** Every change of the tables, in order. The names are kept in the database: never rename one. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-pruning': pruning,
  '0003-policy': policy,
  '0004-approve-links': approveLinks,
  '0005-groups': groups,
};

/**
 * Brings the tables up to this program's, all or nothing.
 * @throws StorageOpenError where a newer Deploy has been at work on them: going on could lose what it wrote.
 */
export async function migrate<Tables>(database: Kysely<Tables>): Promise<void> {
  const unknown = (await executed(database)).filter((name) => !(name in MIGRATIONS));
  if (unknown.length > 0) {
    throw new StorageOpenError(
      `the storage was written by a newer Deploy (it knows ${unknown.join(', ')}); ` +
        'start that version again, or restore a backup made before the upgrade',
    );
  }
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
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
