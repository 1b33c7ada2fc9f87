import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Storage } from '../../storage/storage.js';

const SETTING = 'approve-links.key';
const KEY_BYTES = 32;

/** The key that approve links are signed with: random, made with the first link, kept in storage. */
@Injectable()
export class LinkKey {
  #key: Buffer | null = null;

  constructor(private readonly storage: Storage) {}

  /** Makes it where there is none. */
  async made(): Promise<Buffer> {
    const fresh = randomBytes(KEY_BYTES).toString('base64url');
    this.#key ??= Buffer.from(await this.storage.settings.setOnce(SETTING, fresh), 'base64url');
    return this.#key;
  }

  /** Null where no link was ever made. Nothing is stored. */
  async known(): Promise<Buffer | null> {
    if (this.#key !== null) return this.#key;
    const stored = await this.storage.settings.get(SETTING);
    if (stored !== null) this.#key = Buffer.from(stored, 'base64url');
    return this.#key;
  }
}
