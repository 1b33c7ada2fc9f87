import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds until it gives up; 10 s by default. */
  readonly within?: number;
  /** Milliseconds between two looks; 50 by default. Each costs Deploy or the engine a few of processor time. */
  readonly every?: number;
  /**
   * Milliseconds after which a look that has not returned is given up; 5 s by default. Node's `fetch` now and
   * then never returns where a connection is accepted and closed again at once, as docker-proxy does while the
   * program in the container does not listen yet.
   */
  readonly longestLook?: number;
}

/** Milliseconds between two questions to Deploy that wait for an end: each costs as much as a step of a rollout. */
export const SELDOM_MS = 100;

/**
 * Looks until `accept` agrees with what `look` returned, and returns that. A look that throws counts
 * as not yet, and so does one that does not return.
 * @throws Error that says what was waited for, with the last value or error seen
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  accept: (value: T) => boolean = Boolean,
  { within = 10_000, every = 50, longestLook = 5_000 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    let seen: string;
    try {
      const value = await inTime(look(), longestLook);
      if (accept(value)) return value;
      seen = `last seen: ${shown(value)}`;
    } catch (error) {
      seen = `last error: ${String(error)}`;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${within} ms in vain for ${what}; ${seen}`);
    }
    await delay(every);
  }
}

/** @throws Error where the look takes too long: one that never returns must not be waited for. */
async function inTime<T>(look: T | Promise<T>, within: number): Promise<T> {
  if (!(look instanceof Promise)) return look;
  const ending = new AbortController();
  const late = delay(within, undefined, { signal: ending.signal }).then(() => {
    throw new Error(`the look did not return within ${within} ms`);
  });
  try {
    return await Promise.race([look, late]);
  } finally {
    late.catch(() => undefined);
    ending.abort();
  }
}

function shown(value: unknown): string {
  // JSON has no text for undefined and functions.
  const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
  return (text ?? String(value)).slice(0, 2_000);
}
