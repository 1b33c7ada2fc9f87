import { resolve } from 'node:path';
import { StorageOpenError } from './storage-open-error.js';

const SCHEME = 'sqlite:';

/**
 * The absolute path that a storage URL names: `sqlite:./data/deploy.db`, `sqlite:/var/lib/deploy.db` or
 * `sqlite:///var/lib/deploy.db`. Relative paths start at the working directory.
 * @throws StorageOpenError if it is not a `sqlite:` URL with a path.
 */
export function sqliteFileOf(url: string): string {
  if (!url.startsWith(SCHEME)) {
    throw new StorageOpenError(
      'the storage must be given as sqlite:<path>, for example sqlite:./data/deploy.db',
    );
  }
  const path = url.slice(SCHEME.length).replace(/^\/\/(?=\/)/, '');
  if (path === '' || path.startsWith('//') || path.includes('\0') || path.endsWith('/')) {
    throw new StorageOpenError(`${JSON.stringify(url)} names no file; write sqlite:<path>`);
  }
  return resolve(path);
}
