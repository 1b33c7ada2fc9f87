import type { Kysely } from 'kysely';

/** Grouped deployments, and which deployments belong to them. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('group_runs')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('on_failure', 'text', (column) => column.notNull())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('finished_at', 'text')
    .execute();
  await database.schema.alterTable('deployments').addColumn('group_id', 'text').execute();
  await database.schema.alterTable('deployments').addColumn('group_position', 'integer').execute();
  await database.schema
    .createIndex('deployments_group_id')
    .on('deployments')
    .column('group_id')
    .execute();
}
