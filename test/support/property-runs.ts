import fc from 'fast-check';
import { ALL_TRIALS } from './trials.js';

/** How much more is tried where everything is. */
const ALL_FACTOR = 50;

/**
 * How often a property is tried: `runs` times, and fifty times as often with `DEPLOY_TRIALS=all`. A failure prints
 * its seed and the smallest counterexample; `{ seed, path }` in the call repeats it.
 */
export function property<T extends [unknown, ...unknown[]]>(
  runs: number,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => void,
): void {
  fc.assert(fc.property(...arbitraries, holds), {
    numRuns: ALL_TRIALS ? runs * ALL_FACTOR : runs,
    // By default the same in every run.
    ...(ALL_TRIALS ? {} : { seed: 2_026 }),
  });
}

/** How long a test with such properties may take, in milliseconds. */
export const PROPERTY_TIMEOUT_MS = ALL_TRIALS ? 1_800_000 : 60_000;
