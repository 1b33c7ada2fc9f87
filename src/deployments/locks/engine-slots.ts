import { Injectable } from '@nestjs/common';
import { Signal } from './signal.js';

const DEFAULT_LIMIT = 4;

/**
 * How many rollouts may be under way on an engine at a time, and who may have the engine to itself. Invariants:
 *
 * - `take` never exceeds the limit. `takeOverLimit` may: a rollout that is under way already is never held up.
 * - Exclusive work starts only while all its engines are idle, and `take` waits until it is done. `takeOverLimit` does
 *   not wait, so exclusive work checks for rollouts under way itself.
 * - Do NOT call `take` from within exclusive work on the same engine: it would wait for itself.
 * - A slot is released once, no matter how often its release is called.
 * - Slots live in this process alone and do not survive it.
 */
@Injectable()
export class EngineSlots {
  readonly limit: number = DEFAULT_LIMIT;
  readonly #taken = new Map<string, number>();
  readonly #released = new Signal();
  /** Engines that are used exclusively. */
  readonly #exclusive = new Set<string>();
  readonly #exclusiveEnded = new Signal();
  readonly #idleListeners = new Set<(engine: string) => void>();

  /**
   * Takes a slot if one is free, after any exclusive work on the engine.
   * @returns what releases it, or null; then `onFree` is called once, when a slot on any engine is released.
   */
  async take(engine: string, onFree: () => void): Promise<(() => void) | null> {
    while (this.#exclusive.has(engine)) await this.#exclusiveEnded.wait(this.#exclusiveEnded.count);
    if (this.takenOn(engine) < this.limit) return this.takeOverLimit(engine);
    this.#released.once(onFree);
    return null;
  }

  /** Takes a slot even beyond the limit, and returns what releases it. */
  takeOverLimit(engine: string): () => void {
    this.#taken.set(engine, this.takenOn(engine) + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const left = this.takenOn(engine) - 1;
      this.#taken.set(engine, left);
      this.#released.raise();
      if (left === 0) for (const listener of this.#idleListeners) listener(engine);
    };
  }

  /**
   * Does something while no slot on the engines is taken; until it is done `take` gives out none.
   * @returns what the work returns; null if a slot on one of them is taken, or one is used exclusively already.
   */
  async exclusively<T>(engines: readonly string[], work: () => Promise<T>): Promise<T | null> {
    const isFree = (engine: string): boolean =>
      this.takenOn(engine) === 0 && !this.#exclusive.has(engine);
    if (!engines.every(isFree)) return null;
    for (const engine of engines) this.#exclusive.add(engine);
    try {
      return await work();
    } finally {
      for (const engine of engines) this.#exclusive.delete(engine);
      this.#exclusiveEnded.raise();
    }
  }

  /** Calls the listener whenever the last slot on an engine is released. */
  onIdle(listener: (engine: string) => void): void {
    this.#idleListeners.add(listener);
  }

  private takenOn(engine: string): number {
    return this.#taken.get(engine) ?? 0;
  }
}
