import type { Kysely } from 'kysely';

/** Which approve links were used. They go with their deployments, without which a link is worth nothing. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('spent_links')
    .addColumn('deployment', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('spent_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('spent_links_pk', ['deployment', 'id'])
    .addForeignKeyConstraint(
      'spent_links_deployment',
      ['deployment'],
      'deployments',
      ['id'],
      (key) => key.onDelete('cascade'),
    )
    .execute();
}
