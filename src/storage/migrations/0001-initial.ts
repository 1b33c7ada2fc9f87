import type { Kysely } from 'kysely';

/** The tables of the first release. A released migration never changes; a later one changes the tables. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await deployments(database);
  await deliveries(database);
  await events(database);
  await smallTables(database);
}

async function deployments(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('deployments')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('service', 'text', (column) => column.notNull())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('tag', 'text', (column) => column.notNull())
    .addColumn('digest', 'text')
    .addColumn('previous_digest', 'text')
    .addColumn('trigger_kind', 'text', (column) => column.notNull())
    .addColumn('trigger_by', 'text', (column) => column.notNull())
    .addColumn('trigger_delivery', 'text')
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('waiting_for', 'text')
    .addColumn('reason', 'text')
    .addColumn('strategy', 'text', (column) => column.notNull())
    .addColumn('downtime_ms', 'integer')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('not_before', 'text')
    .addColumn('started_at', 'text')
    .addColumn('finished_at', 'text')
    .addColumn('superseded_by', 'text')
    .addColumn('approvals', 'text', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('force', 'integer', (column) => column.notNull())
    .addColumn('pinned', 'integer', (column) => column.notNull())
    .addColumn('intent', 'text')
    .execute();
  await index(database, 'deployments', ['environment', 'service', 'id']);
  await index(database, 'deployments', ['environment', 'service', 'phase', 'finished_at']);
  await index(database, 'deployments', ['phase', 'id']);
  await database.schema
    .createTable('deployment_steps')
    .addColumn('deployment', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('finished_at', 'text')
    .addColumn('outcome', 'text')
    .addColumn('detail', 'text')
    .addPrimaryKeyConstraint('deployment_steps_pk', ['deployment', 'seq'])
    .addForeignKeyConstraint(
      'deployment_steps_deployment',
      ['deployment'],
      'deployments',
      ['id'],
      (key) => key.onDelete('cascade'),
    )
    .execute();
  await database.schema
    .createTable('deployment_log')
    .addColumn('deployment', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('level', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('deployment_log_pk', ['deployment', 'seq'])
    .addForeignKeyConstraint(
      'deployment_log_deployment',
      ['deployment'],
      'deployments',
      ['id'],
      (key) => key.onDelete('cascade'),
    )
    .execute();
}

async function deliveries(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('deliveries')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('webhook', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('received_at', 'text', (column) => column.notNull())
    .addColumn('from_address', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('body_hash', 'text')
    .addColumn('sender_delivery_id', 'text')
    .addColumn('pushes', 'text', (column) => column.notNull())
    .addColumn('headers', 'text', (column) => column.notNull())
    // Last: the large one, so that lists read past it.
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await index(database, 'deliveries', ['webhook', 'body_hash', 'received_at']);
  await index(database, 'deliveries', ['webhook', 'sender_delivery_id', 'received_at']);
  await database.schema
    .createTable('delivery_deployments')
    .addColumn('delivery', 'text', (column) => column.notNull())
    .addColumn('deployment', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('delivery_deployments_pk', ['delivery', 'deployment'])
    // Deferred: a delivery and its deployments may be stored in any order within a transaction.
    .addForeignKeyConstraint(
      'delivery_deployments_delivery',
      ['delivery'],
      'deliveries',
      ['id'],
      (key) => key.onDelete('cascade').deferrable().initiallyDeferred(),
    )
    .addForeignKeyConstraint(
      'delivery_deployments_deployment',
      ['deployment'],
      'deployments',
      ['id'],
      (key) => key.onDelete('cascade').deferrable().initiallyDeferred(),
    )
    .execute();
  await index(database, 'delivery_deployments', ['deployment']);
}

async function events(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('events')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('deployment', 'text', (column) => column.notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .execute();
}

async function smallTables(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('quarantine')
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('service', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('deployment', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('quarantine_pk', ['environment', 'service', 'digest'])
    .execute();
  await database.schema
    .createTable('rechecks')
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('service', 'text', (column) => column.notNull())
    .addColumn('tag', 'text', (column) => column.notNull())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('delivery', 'text', (column) => column.notNull())
    .addColumn('webhook', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('rechecks_pk', ['environment', 'service', 'tag'])
    .execute();
  await database.schema
    .createTable('tokens')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  await database.schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}

async function index(
  database: Kysely<unknown>,
  table: string,
  columns: readonly string[],
): Promise<void> {
  await database.schema
    .createIndex(`${table}_${columns.join('_')}`)
    .on(table)
    .columns([...columns])
    .execute();
}
