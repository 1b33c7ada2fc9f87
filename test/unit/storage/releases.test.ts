import { copyFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCheck } from '../../../src/config/check-command.js';
import { hashOf } from '../../../src/access/secret-hash.js';
import { openSqlite, type SqliteHandle } from '../../../src/storage/sqlite/sqlite.js';
import type { Storage } from '../../../src/storage/storage.js';
import { allFixtures, type Fixture } from '../../upgrade/fixture.js';
import { aFolder, anOpenStorage } from './temporary-storage.js';

type Rows = ReturnType<ReturnType<SqliteHandle['prepare']>['all']>;

async function copyOf({ database }: Fixture): Promise<string> {
  const file = join(await aFolder(), 'deploy.db');
  await copyFile(database, file);
  return file;
}

/** The rows of some tables, with those of some columns. */
async function rowsOf(file: string, columns: ReadonlyMap<string, string>): Promise<object> {
  const handle = await openSqlite(file, { timeoutMs: 0 });
  const tables = [...columns].map(([table, names]): [string, Rows] => [
    table,
    handle.prepare(`select ${names} from ${table} order by rowid`).all(),
  ]);
  handle.close();
  return Object.fromEntries(tables);
}

/** The tables that a file has, and their columns. */
async function columnsOf(file: string): Promise<Map<string, string>> {
  const handle = await openSqlite(file, { timeoutMs: 0 });
  const rows = handle
    .prepare(
      `select m.name, group_concat(c.name) as columns from sqlite_master m, pragma_table_info(m.name) c
       where m.type = 'table' and m.name not like 'sqlite%' and m.name not like 'kysely%'
       group by m.name`,
    )
    .all();
  handle.close();
  return new Map(rows.map(({ name, columns }) => [String(name), String(columns)]));
}

/** How the API names it, where the storage names it otherwise: what it says is tested over REST. */
const OTHERWISE_NAMED = 'pushes';

/** What is told of everything with an id, by the path under which the server told it. */
async function toldBy(storage: Storage, path: string): Promise<object | null> {
  const [, kind, id = '', part] = path.split('/');
  if (kind === 'deliveries') return storage.deliveries.get(id);
  if (part === 'log') return { items: await storage.logs.read(id, 0, 1_000) };
  const deployment = await storage.deployments.get(id);
  return deployment === null ? null : { ...deployment, steps: await storage.deployments.steps(id) };
}

describe.each(allFixtures())('what $release left', (fixture) => {
  it('opens, with every row as it was', async () => {
    const file = await copyOf(fixture);
    const columns = await columnsOf(file);
    const before = await rowsOf(file, columns);
    const counts = Object.entries(before as Record<string, Rows>).map(([table, rows]) => [
      table,
      rows.length,
    ]);
    expect(fixture.rows).toMatchObject(Object.fromEntries(counts) as object);
    const storage = await anOpenStorage(`sqlite:${file}`);
    await storage.close();
    expect(await rowsOf(file, columns)).toEqual(before);
  });

  it('is told by the repositories as it was by the server', async () => {
    const storage = await anOpenStorage(`sqlite:${await copyOf(fixture)}`);
    const { rows, halfDone, answers } = fixture;
    const paths = Object.keys(answers).filter((path) => /^\/(deployments|deliveries)\//.test(path));
    expect(paths.length).toBeGreaterThan(50);
    for (const path of paths) {
      const told = await toldBy(storage, path);
      const recorded = Object.entries(answers[path] ?? {}).filter(
        ([key]) => key in (told ?? {}) && key !== OTHERWISE_NAMED,
      );
      expect(told, path).toMatchObject(Object.fromEntries(recorded));
    }

    const all = await storage.deployments.list({ limit: 1_000 });
    expect(all).toHaveLength(rows['deployments'] ?? 0);
    const { id } =
      (await storage.deployments.active()).find(({ phase }) => phase === 'running') ?? {};
    expect(id).toBe(halfDone.deployment);
    expect(await storage.deployments.intent(halfDone.deployment)).toMatchObject({
      goal: 'forward',
      stopIssued: true,
      old: { id: halfDone.containers[0].id },
    });
    expect((await storage.deployments.steps(halfDone.deployment)).at(-1)).toMatchObject({
      name: 'take-name',
      finishedAt: null,
    });
    expect(await storage.events.after(0, 1_000)).toHaveLength(rows['events'] ?? 0);
    expect(await storage.audit.list({ limit: 100, before: null })).toHaveLength(rows['audit'] ?? 0);
    expect(await storage.freezes.get('demo')).toMatchObject({ reason: 'sale', by: 'ops' });
    // The version that failed, and the one that was rolled back by hand.
    expect(await storage.quarantine.list('staging', 'web')).toHaveLength(2);
    expect(await storage.groupRuns.open()).toEqual([]);
    expect(await storage.tokens.all()).toEqual([
      { name: 'admin', role: 'admin', hash: hashOf(fixture.firstToken).toString('hex') },
    ]);
  });

  it('has a configuration without a fault', () => {
    const output = { text: '', write: (text: string) => (output.text += text) };
    expect(runCheck(fixture.configuration, {}, output, output)).toBe(0);
    expect(output.text).toBe('ok\n');
  });

  it('is one small file, without a journal beside it', async () => {
    expect((await stat(fixture.database)).size).toBeLessThan(1_000_000);
    expect((await readdir(dirname(fixture.database))).sort()).toEqual([
      'deploy.db',
      'deploy.yaml',
      'fixture.json',
    ]);
  });
});
