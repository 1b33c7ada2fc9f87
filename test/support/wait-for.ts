import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds until it gives up; 10 s by default. */
  readonly within?: number;
  /** Milliseconds between two looks; 20 by default. */
  readonly every?: number;
}

/**
 * Looks until `accept` agrees with what `look` returned, and returns that. A look that throws counts
 * as not yet.
 * @throws Error that says what was waited for, with the last value or error seen
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  accept: (value: T) => boolean = Boolean,
  { within = 10_000, every = 20 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    let seen: string;
    try {
      const value = await look();
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

function shown(value: unknown): string {
  // JSON has no text for undefined and functions.
  const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
  return (text ?? String(value)).slice(0, 2_000);
}
