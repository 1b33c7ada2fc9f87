import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a secret: all hashes have the same length, so comparing them reveals nothing about it. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** Equals the hash of no secret: a stand-in when there is none to compare with. */
export const DUMMY_HASH = randomBytes(32);

/**
 * Index of the hash that equals `presented`, or -1. Every hash is compared, in constant time, even
 * after a match: the time taken depends on their number alone.
 */
export function indexOfHash(presented: Buffer, known: readonly Buffer[]): number {
  let found = -1;
  known.forEach((hash, index) => {
    const isEqual = timingSafeEqual(presented, hash);
    found = isEqual && hash !== DUMMY_HASH ? index : found;
  });
  return found;
}
