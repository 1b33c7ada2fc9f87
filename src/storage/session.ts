import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely } from 'kysely';
import { DeployError } from '../domain/errors.js';
import type { Schema } from './repositories/schema.js';
import { toDeployError } from './sqlite/sqlite-failure.js';

/** Reported after a commit: this deployment or its log has changed. */
export interface Change {
  readonly kind: 'deployment' | 'log';
  /** Id of the deployment. */
  readonly deployment: string;
}

export type ChangeListener = (change: Change) => void;

/** Registers a change that is reported to listeners once the write is committed. */
export type Announce = (change: Change) => void;

/**
 * Runs the statements of a repository, either in a caller's transaction or each call by itself.
 * Both methods throw only `DeployError`s: `storage-unavailable` if the disk or the file fails.
 */
export interface Session {
  read<T>(work: (database: Kysely<Schema>) => Promise<T>): Promise<T>;
  /** When it returns, all of `work` is on disk; when it throws, none of it. */
  write<T>(work: (database: Kysely<Schema>, announce: Announce) => Promise<T>): Promise<T>;
}

/** Runs each call by itself; a write is its own transaction. */
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

  /** @returns a function that removes the listener. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Completes the work in progress; later calls are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.database.destroy();
  }

  private async translated<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new DeployError('storage-unavailable', 'storage is closed');
    if (this.#transaction.getStore()?.open === true) {
      // It would wait for the connection that this transaction holds.
      throw new DeployError(
        'internal',
        'inside a transaction, use the repositories that it provides',
      );
    }
    try {
      return await work();
    } catch (error) {
      throw toDeployError(error);
    }
  }

  /** An error in a listener is reported, but cannot undo what is already committed. */
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

/** Runs in the transaction of a caller, who commits it. */
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
