import { execFile } from 'node:child_process';
import { mkdir, open, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { rigFolder } from './rig-environment.js';
import { uniqueName } from './shared-rig.js';

const run = promisify(execFile);
const BLOCK = Buffer.alloc(64 * 1024);

/** A file system of 4 MB that a test can fill up. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  static async mount(): Promise<SmallDisk> {
    const folder = join(rigFolder(), uniqueName('disk'));
    await mkdir(folder);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    onTestFinished(() => run('umount', ['--lazy', folder]).then(() => undefined));
    return new SmallDisk(folder);
  }

  /** Writes until nothing more fits. */
  async fill(): Promise<void> {
    const file = await open(this.filler, 'a');
    try {
      for (const block of [BLOCK, BLOCK.subarray(0, 4_096), BLOCK.subarray(0, 1)]) {
        while (await fits(() => file.write(block)));
      }
    } finally {
      await file.close();
    }
  }

  /** Makes the space free again. */
  async empty(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  private get filler(): string {
    return join(this.folder, 'filler');
  }
}

async function fits(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

/** An ext4 file system of its own, which a test can make give up as a kernel does after an error of the disk. */
export class FrailDisk {
  #hasGivenUp = false;

  private constructor(
    readonly folder: string,
    private readonly image: string,
  ) {}

  static async mount(): Promise<FrailDisk> {
    const folder = join(rigFolder(), uniqueName('disk'));
    const image = `${folder}.img`;
    await mkdir(folder);
    await writeFile(image, '');
    await truncate(image, 32 * 1024 * 1024);
    await run('mkfs.ext4', ['-q', image]);
    const disk = new FrailDisk(folder, image);
    await disk.attach();
    onTestFinished(async () => {
      await run('umount', ['--lazy', folder]);
      await rm(image);
    });
    return disk;
  }

  async attach(): Promise<void> {
    await run('mount', ['-o', 'loop', this.image, this.folder]);
  }

  /** From now on everything on it can be read only. There is no way back but {@link repair}. */
  async giveUp(): Promise<void> {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    await run('mount', ['-o', 'remount,abort', this.folder]);
  }

  /** Checks it and mounts it anew. Nobody may have a file open on it. */
  async repair(): Promise<void> {
    await run('umount', [this.folder]);
    // 1: there were errors, and they are corrected.
    await run('e2fsck', ['-y', this.image]).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 1) throw error;
    });
    await this.attach();
    this.#hasGivenUp = false;
  }
}
