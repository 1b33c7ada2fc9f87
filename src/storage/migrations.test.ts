import { Kysely, sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from './migrations.js';
import * as initial from './migrations/0001-initial.js';
import * as pruning from './migrations/0002-pruning.js';
import { SqliteDialect } from './sqlite/sqlite-dialect.js';
import { openSqlite } from './sqlite/sqlite.js';

async function emptyDatabase(): Promise<Kysely<unknown>> {
  const handle = await openSqlite(':memory:', { timeoutMs: 0 });
  const database = new Kysely<unknown>({ dialect: new SqliteDialect(handle) });
  onTestFinished(() => database.destroy());
  return database;
}

async function tablesOf(database: Kysely<unknown>): Promise<string[]> {
  return (await database.introspection.getTables()).map(({ name }) => name).sort();
}

describe('migrations', () => {
  it('create every table, and change nothing the second time', async () => {
    const database = await emptyDatabase();
    await migrate(database);
    expect(await tablesOf(database)).toEqual([
      'audit',
      'deliveries',
      'delivery_deployments',
      'deployment_log',
      'deployment_steps',
      'deployments',
      'events',
      'freezes',
      'group_runs',
      'pruned_rollouts',
      'quarantine',
      'rechecks',
      'settings',
      'spent_links',
      'tokens',
    ]);
    await sql`insert into settings values ('key', 'value')`.execute(database);
    await migrate(database);
    const { rows } = await sql`select value from settings`.execute(database);
    expect(rows).toEqual([{ value: 'value' }]);
  });

  it('date existing events by their deployments', async () => {
    const database = await emptyDatabase();
    await initial.up(database);
    const columns =
      'id, environment, service, image, tag, trigger_kind, trigger_by, phase, strategy, created_at, finished_at, approvals, force, pinned';
    for (const [id, end] of [
      ['ended', "'2026-01-02'"],
      ['waits', 'null'],
    ]) {
      await sql`insert into deployments (${sql.raw(columns)}) values
        (${id}, 'a', 'b', 'c', 'd', 'api', 'e', 'failed', 'recreate', '2026-01-01', ${sql.raw(end ?? '')}, '[]', 0, 0)
      `.execute(database);
    }
    for (const deployment of ['ended', 'waits', 'gone']) {
      await sql`insert into events (deployment, environment, data) values (${deployment}, 'a', '{}')`.execute(
        database,
      );
    }
    await pruning.up(database);
    const { rows } = await sql`select deployment, at from events order by id`.execute(database);
    expect(rows).toEqual([
      { deployment: 'ended', at: '2026-01-02' },
      { deployment: 'waits', at: '2026-01-01' },
      { deployment: 'gone', at: '' },
    ]);
  });

  it('are all rolled back if one fails', async () => {
    const database = await emptyDatabase();
    // Blocks the creation of the last table.
    await sql`create table settings (other text)`.execute(database);
    await expect(migrate(database)).rejects.toThrow('already exists');
    expect(await tablesOf(database)).toEqual(['settings']);
    await sql`drop table settings`.execute(database);
    await migrate(database);
    expect(await tablesOf(database)).toHaveLength(15);
  });

  it('support frequent queries with an index', async () => {
    const database = await emptyDatabase();
    await migrate(database);
    const plans = [
      "select * from deployments where phase in ('waiting', 'queued') order by id",
      "select * from deployments where environment = 'a' and service = 'b' and phase in ('waiting')",
      "select * from deployments where environment = 'a' and service = 'b' order by id desc limit 1",
      "select * from deployments where environment = 'a' and service = 'b' and phase = 'succeeded' order by finished_at desc",
      "select * from deployments where id < 'x' order by id desc limit 50",
      "select id from deliveries where webhook = 'a' and body_hash = 'b' and received_at >= 'c' order by received_at desc",
      "select id from deliveries where webhook = 'a' and sender_delivery_id = 'b' and received_at >= 'c'",
      "select environment, service from deployments where (environment, service) > ('a', 'b') order by environment, service limit 1",
      "select id from deployments where environment = 'a' and service = 'b' and phase in ('failed', 'skipped') and finished_at < 'c' and id < 'd' order by finished_at",
      "select id from deployments where trigger_delivery = 'a'",
      "select id from deliveries where received_at < 'a' order by received_at limit 100",
      "select id from events where at < 'a' order by at limit 100",
      "delete from spent_links where deployment = 'a'",
      "select digest from pruned_rollouts where environment = 'a' and service = 'b' and phase = 'succeeded' order by finished_at desc limit 100",
    ];
    for (const query of plans) {
      const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(
        database,
      );
      expect(rows[0]?.detail, query).toMatch(/^SEARCH .* USING .*INDEX/);
    }
  });
});
