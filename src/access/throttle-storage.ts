import type { ThrottlerStorage } from '@nestjs/throttler';

interface Window {
  hits: number;
  /** Milliseconds, by the clock of the storage. */
  endsAt: number;
}

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** One key is about 200 bytes: at most some 10 MB, however many addresses a flood comes from. */
const MOST_KEYS = 50_000;

/**
 * Counts hits per key in windows that begin with the first hit. Memory is bounded: where there are too
 * many keys, the one that was not used for longest is forgotten, which can only loosen a limit, never
 * turn a sender away for what others did. Its clock is one that nobody sets: no window grows or ends with it.
 */
export class ThrottleStorage implements ThrottlerStorage {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly mostKeys = MOST_KEYS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How many keys are remembered now. */
  get size(): number {
    return this.#windows.size;
  }

  /**
   * The door of @nestjs/throttler. `ttl` in milliseconds, the times of the answer in whole seconds. A key
   * over its limit stays blocked until its window ends; there is no separate duration of blocks.
   */
  increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const window = this.hit(key, ttl);
    const seconds = Math.max(1, Math.ceil(this.leftMs(window) / 1000));
    const isBlocked = window.hits > limit;
    return Promise.resolve({
      totalHits: window.hits,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    });
  }

  /** Counts one more. `perMs`: length of a window that begins now. */
  hit(key: string, perMs: number): Readonly<Window> {
    const window = this.#current(key) ?? { hits: 0, endsAt: this.now() + perMs };
    window.hits += 1;
    this.#touch(key, window);
    return window;
  }

  /** The hits in the window under way; null where there is none. */
  peek(key: string): Readonly<Window> | null {
    const window = this.#current(key);
    if (window === null) return null;
    this.#touch(key, window);
    return window;
  }

  /** In how many milliseconds a window ends. */
  leftMs(window: Readonly<Window>): number {
    return window.endsAt - this.now();
  }

  /** Lets the window under way end `perMs` from now. */
  prolong(key: string, perMs: number): void {
    const window = this.#current(key);
    if (window !== null) window.endsAt = this.now() + perMs;
  }

  #current(key: string): Window | null {
    const window = this.#windows.get(key);
    if (window === undefined) return null;
    if (window.endsAt > this.now()) return window;
    this.#windows.delete(key);
    return null;
  }

  /** Puts the key at the end of the map: its beginning is what was not used for longest. */
  #touch(key: string, window: Window): void {
    this.#windows.delete(key);
    this.#windows.set(key, window);
    if (this.#windows.size <= this.mostKeys) return;
    const oldest = this.#windows.keys().next();
    if (oldest.done !== true) this.#windows.delete(oldest.value);
  }
}
