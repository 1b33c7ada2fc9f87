import { Kysely } from 'kysely';
import { openDatabaseFile } from '../../../src/storage/sqlite/database-file.js';
import { migrate, MIGRATIONS } from '../../../src/storage/migrations.js';
import { createFolderOf } from '../../../src/storage/sqlite/private-file.js';
import { SqliteDialect } from '../../../src/storage/sqlite/sqlite-dialect.js';
import type { SqliteHandle } from '../../../src/storage/sqlite/sqlite.js';

/** How many migrations the older version had. */
const MIGRATIONS_THEN = 3;

/**
 * Makes a storage as an older version left it that ended by itself: its tables, and one setting.
 * @param further How many more settings there are, of 1 KB each.
 */
export async function makeOlderStorage(file: string, further = 0): Promise<void> {
  await inOlderStorage(file, (handle) => {
    handle.exec('begin');
    handle.exec("insert into settings values ('written-by', 'the older version')");
    const insert = handle.prepare("insert into settings values (?, printf('%.1024c', 'x'))");
    for (let number = 0; number < further; number += 1) insert.run(`further-${String(number)}`);
    handle.exec('commit');
  });
}

/** Lets the older version at work on its storage, which is made where it is missing. */
export async function inOlderStorage(
  file: string,
  work: (handle: SqliteHandle) => void,
): Promise<void> {
  await createFolderOf(file);
  const handle = await openDatabaseFile(file);
  const database = new Kysely<unknown>({ dialect: new SqliteDialect(handle) });
  await migrate(database, {
    migrations: Object.fromEntries(Object.entries(MIGRATIONS).slice(0, MIGRATIONS_THEN)),
  });
  work(handle);
  await database.destroy();
}
