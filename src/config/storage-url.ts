import { resolve } from 'node:path';
import type { StorageSettings } from '../domain/settings/configuration.js';

/** What is used where neither the file nor `DEPLOY_STORAGE` names a storage. */
export const DEFAULT_STORAGE = 'sqlite:./data/deploy.db';

const FORMS = 'write sqlite:./data/deploy.db or sqlite:/var/lib/deploy/deploy.db';

/**
 * Understands `sqlite:` and a path; relative ones count from `folder`. Problems do not show the value: a
 * database's address may hold a password.
 */
export function parseStorage(
  text: string,
  folder: string,
): { readonly storage: StorageSettings } | { readonly problem: string } {
  if (/^postgres(ql)?:/.test(text)) {
    return { problem: `postgres:// storage is not supported yet; ${FORMS}` };
  }
  if (!text.startsWith('sqlite:')) return { problem: `is not a storage; ${FORMS}` };
  const path = text.slice('sqlite:'.length);
  if (path.includes(':memory:')) {
    return { problem: `a storage in memory would lose what was accepted; ${FORMS}` };
  }
  if (path.startsWith('//') && !path.startsWith('///')) {
    return { problem: `no host can stand after sqlite:; ${FORMS}` };
  }
  const file = path.split('/').at(-1) ?? '';
  if (['', '.', '..'].includes(file) || /\p{Cc}/u.test(path)) {
    return { problem: `sqlite: must be followed by the path of a file; ${FORMS}` };
  }
  return { storage: { kind: 'sqlite', path: resolve(folder, path.replace(/^\/+/, '/')) } };
}
