/**
 * A separate process for tests of what survives a process:
 *
 *     node --import tsx child.ts hold URL [WAIT]  opens it and stays; prints `open` or `refused: <why>`
 *     node --import tsx child.ts write URL        stores pairs without end; prints each id once committed
 *     node --import tsx child.ts backup URL FILE  copies it; prints `done`
 *     node --import tsx child.ts full URL         files may not grow for a while; prints the result
 *     node --import tsx child.ts readonly URL     opens it as a user who may only read; prints the result
 */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeployError, messageOf } from '../../../src/domain/errors.js';
import { backupDatabase } from '../../../src/storage/sqlite/backup.js';
import { openSqlite } from '../../../src/storage/sqlite/sqlite.js';
import { StorageOpenError } from '../../../src/storage/storage-open-error.js';
import { Storage } from '../../../src/storage/storage.js';
import { aDelivery, aDeployment } from './samples.js';

const NOBODY = 65534;
const [command = '', url = '', argument = ''] = process.argv.slice(2);

await run().catch((error: unknown) => {
  if (!(error instanceof StorageOpenError)) throw error;
  tell(`refused: ${error.message}`);
});

async function run(): Promise<void> {
  switch (command) {
    case 'hold':
      return hold();
    case 'write':
      return write();
    case 'backup':
      await backupDatabase(url, argument);
      tell('done');
      return;
    case 'full':
      return full();
    case 'readonly':
      return readOnly();
    default:
      throw new Error(`unknown command ${command}`);
  }
}

/** `WAIT` milliseconds for the previous process; default: as long as the server waits. */
async function hold(): Promise<void> {
  await Storage.open(url, argument === '' ? undefined : Number(argument));
  tell('open');
  await sleep(60_000);
}

async function write(): Promise<void> {
  const storage = await Storage.open(url);
  for (let number = 0; ; number += 1) {
    const id = String(number).padStart(6, '0');
    await storePair(storage, id);
    tell(id);
  }
}

/** Takes away the right to grow files (a real failure of write(2)), then gives it back. */
async function full(): Promise<void> {
  const storage = await Storage.open(url);
  await storePair(storage, 'before');
  limitFileSize('4096');
  const failed = await storePair(storage, 'meanwhile').catch((error: unknown) => error);
  const writable = await storage.isWritable();
  limitFileSize('unlimited');
  await storePair(storage, 'after');
  const deliveries = await storage.deliveries.list({ limit: 10 });
  await storage.close();
  tell(
    JSON.stringify({
      failed: failed instanceof DeployError ? failed.code : messageOf(failed),
      cause: failed instanceof DeployError ? messageOf(failed.cause) : null,
      writable,
      stored: deliveries.map(({ id, deployments }) => ({ id, deployments })),
    }),
  );
}

async function readOnly(): Promise<void> {
  // Loads everything before dropping privileges: the user may not be able to read the files.
  (await openSqlite(':memory:', { timeoutMs: 0 })).close();
  if (process.getuid?.() === 0) {
    process.setgroups?.([]);
    process.setgid?.(NOBODY);
    process.setuid?.(NOBODY);
  }
  await Storage.open(url);
  tell('open');
}

async function storePair(storage: Storage, id: string): Promise<void> {
  await storage.transaction(async (stored) => {
    const delivery = aDelivery({ id: `delivery-${id}`, deployments: [`deployment-${id}`] });
    await stored.deliveries.insert(delivery, { bodyHash: null, senderDeliveryId: null });
    await stored.deployments.insert(aDeployment({ id: `deployment-${id}` }));
    await stored.logs.append(`deployment-${id}`, [
      { at: delivery.receivedAt, level: 'info', text: id },
    ]);
  });
}

function limitFileSize(bytes: string): void {
  const { status, stderr } = spawnSync(
    'prlimit',
    [`--pid=${String(process.pid)}`, `--fsize=${bytes}:unlimited`],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

/** Immediately, with write(2): reported lines survive when the process is killed. */
function tell(line: string): void {
  writeSync(1, `${line}\n`);
}
