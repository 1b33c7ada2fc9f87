import { monotonicFactory } from 'ulid';

const next = monotonicFactory();

/** A ULID, greater than every one that this process made before. */
export function newId(): string {
  return next();
}
