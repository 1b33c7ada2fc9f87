import { access, constants, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Creates the folder of a file and its parents if they are missing, accessible to their owner only. */
export async function createFolderOf(file: string): Promise<void> {
  const folder = dirname(file);
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (firstMade !== undefined) await syncToDisk(dirname(firstMade));
}

/**
 * Creates an empty file, accessible to its owner only, if it is missing. An existing file is not even opened: closing
 * it would release every lock that SQLite holds on it in this process (POSIX).
 * @returns whether it was created.
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

/** @throws the system's error, which names the file, if this user may not read and write it. */
export async function requireWritable(file: string): Promise<void> {
  await access(file, constants.R_OK | constants.W_OK);
}

/** Returns when the content of a file or folder is on disk. Never use it on a file that SQLite has open. */
export async function syncToDisk(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
