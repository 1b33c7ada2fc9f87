import { sql, type Kysely } from 'kysely';

/** What pruning needs: what stays of a rollout, the age of an event, and indexes to find what is old by. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('pruned_rollouts')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('service', 'text', (column) => column.notNull())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('tag', 'text', (column) => column.notNull())
    .addColumn('digest', 'text')
    .addColumn('previous_digest', 'text')
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('finished_at', 'text', (column) => column.notNull())
    .execute();
  await database.schema
    .createIndex('pruned_rollouts_environment_service_phase_finished_at')
    .on('pruned_rollouts')
    .columns(['environment', 'service', 'phase', 'finished_at'])
    .execute();
  await database.schema
    .alterTable('events')
    .addColumn('at', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  // Until now nobody noted when it was: no later than its deployment's end, if that has ended.
  await sql`
    update events set at = coalesce(
      (select coalesce(finished_at, created_at) from deployments where deployments.id = events.deployment),
      '')
  `.execute(database);
  await database.schema.createIndex('events_at').on('events').column('at').execute();
  await database.schema
    .createIndex('deliveries_received_at')
    .on('deliveries')
    .column('received_at')
    .execute();
  await database.schema
    .createIndex('deployments_trigger_delivery')
    .on('deployments')
    .column('trigger_delivery')
    .execute();
}
