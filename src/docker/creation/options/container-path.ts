import { posix } from 'node:path';

/** A path inside a Linux container as the engine keeps it: normalised, without a trailing slash. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}
