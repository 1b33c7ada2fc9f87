import { DUMMY_HASH, hashOf, indexOfHash } from '../access/secret-hash.js';
import type { Secret } from '../domain/secrets/secret.js';

/** A webhook has one secret, or two during a rotation: as many are compared for every name. */
const COMPARED = 2;

/** The secrets of one webhook. Every check compares all of them in constant time and refuses an empty value. */
export class WebhookSecrets {
  readonly #secrets: readonly Secret[];
  readonly #hashes: readonly Buffer[];

  constructor(secrets: readonly Secret[]) {
    this.#secrets = secrets.filter((secret) => secret.reveal() !== '');
    const hashes = this.#secrets.map((secret) => hashOf(secret.reveal()));
    while (hashes.length < COMPARED) hashes.push(DUMMY_HASH);
    this.#hashes = hashes;
  }

  /** Whether `presented` is one of the secrets. With no or one secret this takes as long as with two. */
  includes(presented: string): boolean {
    const isKnown = indexOfHash(hashOf(presented), this.#hashes) >= 0;
    return isKnown && presented !== '';
  }

  /**
   * Whether `presented` is the signature that `sign` makes with one of the secrets, in the encoding that
   * `sign` uses; case matters.
   */
  haveSigned(presented: string, sign: (secret: string) => string): boolean {
    const signatures = this.#secrets.map((secret) => hashOf(sign(secret.reveal())));
    return indexOfHash(hashOf(presented), signatures) >= 0 && presented !== '';
  }
}
