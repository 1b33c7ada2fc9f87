import { resolve } from 'node:path';
import type { StorageSettings } from '../domain/settings/configuration.js';

/** The storage if neither the file nor `DEPLOY_STORAGE` sets one. */
export const DEFAULT_STORAGE = 'sqlite:./data/deploy.db';

const FORMS = 'write sqlite:./data/deploy.db or sqlite:/var/lib/deploy/deploy.db';

/**
 * Parses `sqlite:` followed by a path; relative paths start at `folder`. Problems do not show the value, because
 * a database URL may contain a password.
 */
export function parseStorage(
  text: string,
  folder: string,
): { readonly storage: StorageSettings } | { readonly problem: string } {
  if (/^postgres(ql)?:/.test(text)) {
    return { problem: `postgres:// storage is not supported yet; ${FORMS}` };
  }
  if (!text.startsWith('sqlite:')) return { problem: `is not a storage URL; ${FORMS}` };
  const path = text.slice('sqlite:'.length);
  if (path.includes(':memory:')) {
    return { problem: `in-memory storage would lose accepted deliveries; ${FORMS}` };
  }
  if (path.startsWith('//') && !path.startsWith('///')) {
    return { problem: `sqlite: takes a path, not a host; ${FORMS}` };
  }
  const file = path.split('/').at(-1) ?? '';
  if (['', '.', '..'].includes(file) || /\p{Cc}/u.test(path)) {
    return { problem: `sqlite: must be followed by the path of a file; ${FORMS}` };
  }
  return { storage: { kind: 'sqlite', path: resolve(folder, path.replace(/^\/+/, '/')) } };
}
