import type { Kysely } from 'kysely';

/** What policies need: who forced, when an approval expires, freezes by hand, and who did what. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema.alterTable('deployments').addColumn('force_role', 'text').execute();
  await database.schema.alterTable('deployments').addColumn('expires_at', 'text').execute();
  await database.schema
    .createTable('freezes')
    .addColumn('environment', 'text', (column) => column.primaryKey().notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('until', 'text')
    .addColumn('by_name', 'text', (column) => column.notNull())
    .addColumn('since', 'text', (column) => column.notNull())
    .execute();
  await database.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('by_name', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('environment', 'text')
    .addColumn('service', 'text')
    .addColumn('deployment', 'text')
    .addColumn('detail', 'text')
    .execute();
  await database.schema.createIndex('audit_at').on('audit').column('at').execute();
}
