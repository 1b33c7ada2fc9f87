import type { BigIntStats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { DeployError } from '../domain/errors.js';
import { DockerConfig } from './docker-config.js';

/** Docker's `config.json`, read again when it changes on disk. */
export class DockerConfigFile {
  #last: { readonly version: string; readonly content: DockerConfig } | null = null;

  constructor(private readonly path: string) {}

  /**
   * The current content; null if there is no such file.
   * @throws DeployError `registry-auth` if it cannot be read or is malformed
   */
  async read(): Promise<DockerConfig | null> {
    try {
      const version = versionOf(await stat(this.path, { bigint: true }));
      if (this.#last?.version === version) return this.#last.content;
      const text = await readFile(this.path, 'utf8');
      const content = DockerConfig.parse(text, this.path);
      this.#last = { version, content };
      return content;
    } catch (error) {
      this.#last = null;
      if (error instanceof DeployError) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw new DeployError('registry-auth', `${this.path} cannot be read: ${code}`, {
        cause: error,
      });
    }
  }
}

/** Editors replace files, so the inode counts in addition to time and size. */
function versionOf({ mtimeNs, size, ino }: BigIntStats): string {
  return [mtimeNs, size, ino].join(' ');
}
