import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely } from 'kysely';
import { DeployError } from '../domain/errors.js';
import type { Schema } from './repositories/schema.js';
import { toDeployError } from './sqlite/sqlite-failure.js';

/** What is told after a commit: something of this deployment is new. */
export interface Change {
  readonly kind: 'deployment' | 'log';
  /** Its id. */
  readonly deployment: string;
}

export type ChangeListener = (change: Change) => void;

/** What a `write` may do besides SQL: say what listeners are told once it is committed. */
export type Announce = (change: Change) => void;

/**
 * Where a repository runs its statements: in one transaction of a caller, or each call by itself.
 * Both methods throw `DeployError`s only: `storage-unavailable` where the disk or the file fails.
 */
export interface Session {
  read<T>(work: (database: Kysely<Schema>) => Promise<T>): Promise<T>;
  /** All of `work` is done, on disk, when it returns; or, when it throws, nothing of it. */
  write<T>(work: (database: Kysely<Schema>, announce: Announce) => Promise<T>): Promise<T>;
}

/** Each call by itself; a write is a transaction of its own. */
export class StorageSession implements Session {
  readonly #listeners = new Set<ChangeListener>();
  readonly #transaction = new AsyncLocalStorage<{ open: boolean }>();
  #closed = false;

  constructor(private readonly database: Kysely<Schema>) {}

  read<T>(work: (database: Kysely<Schema>) => Promise<T>): Promise<T> {
    return this.translated(() => work(this.database));
  }

  async write<T>(work: (database: Kysely<Schema>, announce: Announce) => Promise<T>): Promise<T> {
    const changes: Change[] = [];
    const scope = { open: true };
    const result = await this.translated(() =>
      this.database
        .transaction()
        .execute((transaction) =>
          this.#transaction.run(scope, () => work(transaction, (change) => changes.push(change))),
        ),
    ).finally(() => {
      scope.open = false;
    });
    for (const change of changes) this.announce(change);
    return result;
  }

  /** @returns what ends it. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Lets the work in hand end; whatever comes later is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.database.destroy();
  }

  private async translated<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new DeployError('storage-unavailable', 'storage is closed');
    if (this.#transaction.getStore()?.open === true) {
      // It would wait for the connection that this very transaction holds.
      throw new DeployError(
        'internal',
        'inside a transaction, use the repositories that it was given',
      );
    }
    try {
      return await work();
    } catch (error) {
      throw toDeployError(error);
    }
  }

  /** A listener's mistake is told, but cannot undo what is committed already. */
  private announce(change: Change): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}

/** In the one transaction of a caller, who commits it. */
export class TransactionSession implements Session {
  constructor(
    private readonly transaction: Kysely<Schema>,
    private readonly announce: Announce,
  ) {}

  read<T>(work: (database: Kysely<Schema>) => Promise<T>): Promise<T> {
    return this.write(work);
  }

  async write<T>(work: (database: Kysely<Schema>, announce: Announce) => Promise<T>): Promise<T> {
    try {
      return await work(this.transaction, this.announce);
    } catch (error) {
      throw toDeployError(error);
    }
  }
}
