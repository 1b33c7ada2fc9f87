/** Ends a wait for a {@link Signal} before it is raised. */
export interface WaitLimits {
  /** Aborts the wait, which then throws its reason. */
  readonly abort?: AbortSignal;
  /** The wait ends after this many milliseconds; unlimited by default. */
  readonly withinMs?: number;
}

/**
 * Something that happens again and again, for others to wait for.
 *
 * - Raising it wakes everybody who waits, once.
 * - No raise is lost: whoever reads `count`, then looks at what the signal is about, then waits for more than that count
 *   returns at once if it was raised in between.
 * - A wait that has ended leaves no timer and no listener behind.
 */
export class Signal {
  readonly #listeners = new Set<() => void>();
  #count = 0;

  /** How many times it was raised. */
  get count(): number {
    return this.#count;
  }

  raise(): void {
    this.#count += 1;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  /** Calls the listener at the next raise, once. @returns what revokes that. */
  once(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Resolves as soon as it was raised more than `since` times.
   * @returns false if the time ran out first.
   * @throws the abort signal's reason.
   */
  async wait(since: number, { abort, withinMs }: WaitLimits = {}): Promise<boolean> {
    abort?.throwIfAborted();
    if (this.#count > since) return true;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        revoke();
        clearTimeout(timer);
        abort?.removeEventListener('abort', end);
        resolve();
      };
      const revoke = this.once(end);
      const timer = withinMs === undefined ? undefined : setTimeout(end, withinMs);
      abort?.addEventListener('abort', end);
    });
    abort?.throwIfAborted();
    return this.#count > since;
  }
}
