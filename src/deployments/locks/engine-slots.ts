import { Injectable } from '@nestjs/common';

const DEFAULT_LIMIT = 4;

/** How many rollouts may be under way on one engine at a time, and who may have it without any. */
@Injectable()
export class EngineSlots {
  readonly limit: number = DEFAULT_LIMIT;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  /** Engines that somebody has alone, each with what resolves when that is over. */
  readonly #alone = new Map<string, Promise<void>>();
  readonly #quietListeners = new Set<(engine: string) => void>();

  /**
   * Takes a place, if there is one; while somebody has the engine alone, that is waited for.
   * @returns what gives it back, or null; then `onFree` is called once when a place has become free.
   */
  async take(engine: string, onFree: () => void): Promise<(() => void) | null> {
    for (let held = this.#alone.get(engine); held !== undefined; held = this.#alone.get(engine)) {
      await held;
    }
    if ((this.#taken.get(engine) ?? 0) < this.limit) return this.takeOverLimit(engine);
    this.#waiting.add(onFree);
    return null;
  }

  /** Takes a place also beyond the limit, and returns what gives it back. */
  takeOverLimit(engine: string): () => void {
    this.#taken.set(engine, (this.#taken.get(engine) ?? 0) + 1);
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      const left = (this.#taken.get(engine) ?? 1) - 1;
      this.#taken.set(engine, left);
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const wake of waiting) wake();
      if (left === 0) for (const tell of this.#quietListeners) tell(engine);
    };
  }

  /**
   * Does something while nobody has a place on the engines; until it is done nobody gets one by `take`.
   * @returns what the work returns; null where somebody has a place, or has one of them alone, already.
   */
  async alone<T>(engines: readonly string[], work: () => Promise<T>): Promise<T | null> {
    const isFree = (engine: string): boolean =>
      (this.#taken.get(engine) ?? 0) === 0 && !this.#alone.has(engine);
    if (!engines.every(isFree)) return null;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const engine of engines) this.#alone.set(engine, held);
    try {
      return await work();
    } finally {
      for (const engine of engines) this.#alone.delete(engine);
      release();
    }
  }

  /** Calls the listener whenever the last place on an engine was given back. */
  onIdle(listener: (engine: string) => void): void {
    this.#quietListeners.add(listener);
  }
}
