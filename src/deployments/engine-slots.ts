import { Injectable } from '@nestjs/common';

const DEFAULT_LIMIT = 4;

/** How many rollouts may be under way on one engine at a time. */
@Injectable()
export class EngineSlots {
  readonly limit: number = DEFAULT_LIMIT;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  /**
   * Takes a place, if there is one.
   * @returns what gives it back, or null; then `onFree` is called once when a place has become free.
   */
  take(engine: string, onFree: () => void): (() => void) | null {
    if ((this.#taken.get(engine) ?? 0) < this.limit) return this.takeAnyway(engine);
    this.#waiting.add(onFree);
    return null;
  }

  /** Takes a place also beyond the limit, and returns what gives it back. */
  takeAnyway(engine: string): () => void {
    this.#taken.set(engine, (this.#taken.get(engine) ?? 0) + 1);
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      this.#taken.set(engine, (this.#taken.get(engine) ?? 1) - 1);
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const wake of waiting) wake();
    };
  }
}
