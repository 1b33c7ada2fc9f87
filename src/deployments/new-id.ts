import { decodeTime, monotonicFactory } from 'ulid';
import type { Repositories } from '../storage/repositories/repositories.js';

const next = monotonicFactory();

/** A ULID, greater than every one that this process made before. */
export function newId(): string {
  return next();
}

/**
 * Makes every later id greater than those in storage. What came later is known by its id, and the clock may have been
 * set back since the last of them was made.
 */
export async function continueIds(stored: Repositories): Promise<void> {
  const [deployments, deliveries] = await Promise.all([
    stored.deployments.list({ limit: 1 }),
    stored.deliveries.list({ before: null, environments: null, limit: 1 }),
  ]);
  for (const { id } of [...deployments, ...deliveries]) next(decodeTime(id) + 1);
}
