import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openSqlite, type SqliteHandle } from '../../src/storage/sqlite/sqlite.js';
import type { DeployProcess } from '../support/deploy-process.js';
import { FrailDisk, SmallDisk } from '../support/disks.js';

const run = promisify(execFile);

/** A storage that can be broken and mended while Deploy runs. */
export interface FrailStorage {
  /** For `DEPLOY_STORAGE`; Deploy's own folder where it is left out. */
  readonly folder?: string;
  /** May be called again while it is broken. */
  break(deploy: DeployProcess): Promise<void>;
  mend(deploy: DeployProcess): Promise<void>;
}

/** What goes wrong with storage, by its name in docs/reliability.md. */
export const STORAGE_TROUBLES: Readonly<Record<string, () => Promise<FrailStorage>>> = {
  'is full': async () => {
    const disk = await SmallDisk.mount();
    return { folder: disk.folder, break: () => disk.fill(), mend: () => disk.empty() };
  },
  'is locked by another process': () => {
    let lock: SqliteHandle | null = null;
    return Promise.resolve({
      async break(deploy) {
        if (lock !== null) return;
        lock = await openSqlite(join(deploy.folder, 'data', 'deploy.db'), { timeoutMs: 5_000 });
        lock.exec('begin immediate');
      },
      mend() {
        lock?.exec('rollback');
        lock?.close();
        lock = null;
        return Promise.resolve();
      },
    });
  },
  'cannot be written': () => {
    const limit = (deploy: DeployProcess, size: string): Promise<void> =>
      run('prlimit', ['--pid', String(deploy.pid), `--fsize=${size}`]).then(() => undefined);
    return Promise.resolve({
      // No file may grow, nor be written beyond its first bytes: EFBIG, which SQLite takes for an error of the disk.
      break: (deploy) => limit(deploy, '1:unlimited'),
      mend: (deploy) => limit(deploy, 'unlimited:unlimited'),
    });
  },
  'turned read-only, as after an error of the disk': async () => {
    const disk = await FrailDisk.mount();
    return {
      folder: disk.folder,
      break: () => disk.giveUp(),
      // A file system that has given up is of no use to whoever has it open.
      async mend(deploy) {
        await deploy.kill();
        await disk.repair();
        await deploy.start();
      },
    };
  },
};
