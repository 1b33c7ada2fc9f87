import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack, type Headers } from 'tar-stream';
import type { EngineConnection } from './engine-connection.js';
import type { ContainerInspection } from '../inspection/inspection.js';

const COMPOSE_PROJECT = 'com.docker.compose.project';
/** The default folder of compose secrets. */
const SECRETS = '/run/secrets/';
/** Compose writes its files within this time around the creation; its clock may differ a little. */
const BEFORE_CREATION_MS = 2_000;
const AFTER_CREATION_MS = 15_000;
/** Only this many changed files are checked, those nearest to the root first; more are an application's own. */
const MOST_LOOKED_AT = 500;
const READ_MS = 30_000;
const ADDED_OR_CHANGED = [0, 1];
/** The bits of Go's file mode that mark anything but a regular file. */
const NO_PLAIN_FILE = 0x8f28_0000;

/** What `HEAD /containers/<id>/archive` reports about a path. */
export interface FileFacts {
  readonly size: number;
  /** Go's `os.FileMode`. */
  readonly mode: number;
  /** RFC 3339, to the nanosecond. */
  readonly mtime: string;
}

/** One file of a container with its header in a tar archive. */
interface ContainerFile {
  readonly header: Headers;
  readonly content: Buffer;
}

/**
 * Whether compose wrote this file into the container: `configs` with `content` and `secrets` from the environment
 * are not mounts, and no inspection shows them. Compose writes them right after the creation, in an archive, whose
 * times are whole seconds; an application's own files have times in nanoseconds.
 */
export function isInjected(path: string, facts: FileFacts, created: string): boolean {
  if ((facts.mode & NO_PLAIN_FILE) !== 0) return false;
  if (path.startsWith(SECRETS)) return true;
  const isWholeSecond = !/\.\d*[1-9]/.test(facts.mtime);
  const age = Date.parse(facts.mtime) - Date.parse(created);
  return isWholeSecond && age >= -BEFORE_CREATION_MS && age <= AFTER_CREATION_MS;
}

/** Reads and writes files that a container has in addition to its image and mounts. */
export class EngineFiles {
  constructor(private readonly connection: EngineConnection) {}

  /**
   * Paths of the files that compose wrote into its container, sorted.
   * @param known Paths that an earlier deployment copied into it, whose times are therefore meaningless.
   * @throws EngineError
   */
  async find(container: ContainerInspection, known: readonly string[]): Promise<string[]> {
    const isCompose = COMPOSE_PROJECT in (container.Config.Labels ?? {});
    const paths = isCompose ? await this.changedFiles(container.Id) : [];
    const candidates = [...new Set([...known, ...paths])].sort();
    const facts = await Promise.all(candidates.map((path) => this.facts(container.Id, path)));
    const created = String(container['Created']);
    return candidates.filter((path, index) => {
      const told = facts[index] ?? null;
      return told !== null && (known.includes(path) || isInjected(path, told, created));
    });
  }

  /** Copies a file with its owner, mode, time and folders into another container. @throws EngineError */
  async copy(path: string, from: string, to: string): Promise<void> {
    const { header, content } = await this.read(from, path);
    const archive = pack();
    archive.entry({ ...header, name: path.slice(1) }, content);
    archive.finalize();
    await this.connection.request({
      doing: `write ${path} into ${to}`,
      method: 'PUT',
      path: `/containers/${to}/archive`,
      query: { path: '/', copyUIDGID: true },
      archive: await buffer(archive),
    });
  }

  /** Null if there is no such file. @throws EngineError */
  async facts(id: string, path: string): Promise<FileFacts | null> {
    const stat = await this.connection.header({
      doing: `look at ${path} in ${id}`,
      method: 'HEAD',
      path: `/containers/${id}/archive`,
      query: { path },
      header: 'x-docker-container-path-stat',
    });
    if (stat === null) return null;
    return JSON.parse(Buffer.from(stat, 'base64').toString('utf8')) as FileFacts;
  }

  /** Changed and added paths without changed paths below them; those nearest to the root first. */
  private async changedFiles(id: string): Promise<string[]> {
    const changes = await this.connection.request<{ Path: string; Kind: number }[] | null>({
      doing: `list what was changed in ${id}`,
      method: 'GET',
      path: `/containers/${id}/changes`,
    });
    const paths = (changes ?? [])
      .filter(({ Kind: kind }) => ADDED_OR_CHANGED.includes(kind))
      .map(({ Path: path }) => path);
    const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))));
    const depth = (path: string): number => path.split('/').length;
    const isSecret = (path: string): number => (path.startsWith(SECRETS) ? 0 : 1);
    return paths
      .filter((path) => !folders.has(path))
      .sort((one, other) => isSecret(one) - isSecret(other) || depth(one) - depth(other))
      .slice(0, MOST_LOOKED_AT);
  }

  private async read(id: string, path: string): Promise<ContainerFile> {
    const stream = await this.connection.stream({
      doing: `read ${path} of ${id}`,
      method: 'GET',
      path: `/containers/${id}/archive`,
      query: { path },
      signal: AbortSignal.timeout(READ_MS),
    });
    return firstFileOf(stream);
  }
}

function firstFileOf(archive: Readable): Promise<ContainerFile> {
  return new Promise((resolve, reject) => {
    const entries = extract();
    entries.on('entry', (header, content, next) => {
      buffer(content).then((bytes) => {
        resolve({ header, content: bytes });
        next();
      }, reject);
    });
    entries.on('finish', () => {
      reject(new Error('the archive is empty'));
    });
    archive.on('error', reject);
    entries.on('error', reject);
    archive.pipe(entries);
  });
}
