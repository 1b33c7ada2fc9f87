import { Kysely, sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from './migrations.js';
import { SqliteDialect } from './sqlite-dialect.js';
import { openSqlite } from './sqlite.js';

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
  it('make every table from nothing, and nothing the second time', async () => {
    const database = await emptyDatabase();
    await migrate(database);
    expect(await tablesOf(database)).toEqual([
      'deliveries',
      'delivery_deployments',
      'deployment_log',
      'deployment_steps',
      'deployments',
      'events',
      'quarantine',
      'rechecks',
      'settings',
      'tokens',
    ]);
    await sql`insert into settings values ('key', 'value')`.execute(database);
    await migrate(database);
    const { rows } = await sql`select value from settings`.execute(database);
    expect(rows).toEqual([{ value: 'value' }]);
  });

  it('are undone as a whole where one fails', async () => {
    const database = await emptyDatabase();
    // In the way of the last table.
    await sql`create table settings (other text)`.execute(database);
    await expect(migrate(database)).rejects.toThrow('already exists');
    expect(await tablesOf(database)).toEqual(['settings']);
    await sql`drop table settings`.execute(database);
    await migrate(database);
    expect(await tablesOf(database)).toHaveLength(10);
  });

  it('serve the questions that are asked often with an index', async () => {
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
    ];
    for (const query of plans) {
      const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(
        database,
      );
      expect(rows[0]?.detail, query).toMatch(/^SEARCH .* USING .*INDEX/);
    }
  });
});
