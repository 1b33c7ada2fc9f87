import { access, constants, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the folder of a file, and those above it, for its owner only, where they are missing. */
export async function createFolderOf(file: string): Promise<void> {
  const folder = dirname(file);
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade !== undefined) await syncToDisk(dirname(firstMade));
}

/**
 * Makes an empty file for its owner only, where it is missing. One that is there is not even opened:
 * closing it would free every lock that SQLite holds on it in this process (POSIX).
 * @returns whether it was made.
 */
export async function createPrivateFile(file: string): Promise<boolean> {
  try {
    const made = await open(file, 'wx', 0o600);
    await made.close();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  await syncToDisk(dirname(file));
  return true;
}

/** @throws the system's error, which names the file, where this user may not read and write it. */
export async function requireWritable(file: string): Promise<void> {
  await access(file, constants.R_OK | constants.W_OK);
}

/** Returns when a file's bytes, or a folder's names, are on the disk. Never for a file that SQLite has open. */
export async function syncToDisk(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
