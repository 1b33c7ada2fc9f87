import type { Presented } from './source.js';

/** Whether the last segment of the address is a secret of the webhook; false for `name-only`. */
export function hasPathSecret({
  secrets,
  pathSecret,
}: Pick<Presented, 'secrets' | 'pathSecret'>): boolean {
  return secrets.includes(pathSecret ?? '');
}
