import type { ThrottlerStorage } from '@nestjs/throttler';

interface Window {
  hits: number;
  /** Milliseconds, by the clock of the storage. */
  endsAt: number;
}

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** A key takes about 200 bytes: 10 MB at most, however many addresses a flood comes from. */
const MOST_KEYS = 50_000;

/**
 * Counts hits per key in windows that begin with the first hit. Memory is bounded: with too many keys the
 * least recently used one is dropped, which can only loosen a limit, never block a sender for what others
 * did. The clock is monotonic: setting the system's time neither extends nor ends a window.
 */
export class ThrottleStorage implements ThrottlerStorage {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly mostKeys = MOST_KEYS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The number of keys in memory. */
  get size(): number {
    return this.#windows.size;
  }

  /**
   * For @nestjs/throttler. `ttl` is in milliseconds, the times in the result are in whole seconds. A key
   * over its limit stays blocked until its window ends; blocks have no duration of their own.
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

  /** Counts one hit. `perMs`: the length of a window that begins now. */
  hit(key: string, perMs: number): Readonly<Window> {
    const window = this.current(key) ?? { hits: 0, endsAt: this.now() + perMs };
    window.hits += 1;
    this.touch(key, window);
    return window;
  }

  /** The hits in the current window; null if there is none. */
  peek(key: string): Readonly<Window> | null {
    const window = this.current(key);
    if (window === null) return null;
    this.touch(key, window);
    return window;
  }

  /** The milliseconds until a window ends. */
  leftMs(window: Readonly<Window>): number {
    return window.endsAt - this.now();
  }

  /** Makes the current window end `perMs` from now. */
  prolong(key: string, perMs: number): void {
    const window = this.current(key);
    if (window !== null) window.endsAt = this.now() + perMs;
  }

  private current(key: string): Window | null {
    const window = this.#windows.get(key);
    if (window === undefined) return null;
    if (window.endsAt > this.now()) return window;
    this.#windows.delete(key);
    return null;
  }

  /** Moves the key to the end of the map, whose first key is then the least recently used. */
  private touch(key: string, window: Window): void {
    this.#windows.delete(key);
    this.#windows.set(key, window);
    if (this.#windows.size <= this.mostKeys) return;
    const oldest = this.#windows.keys().next();
    if (oldest.done !== true) this.#windows.delete(oldest.value);
  }
}
