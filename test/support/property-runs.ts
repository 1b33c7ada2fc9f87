import fc from 'fast-check';
import { basename } from 'node:path';
import { afterAll, expect } from 'vitest';
import { ALL_TRIALS, recordTrials } from './trials.js';

/** How much more is tried where everything is. */
const ALL_FACTOR = 50;

/** How often each property of this file was tried. */
const tried = new Map<string, number>();

afterAll(() => {
  const file = basename(expect.getState().testPath ?? '', '.test.ts');
  return recordTrials(`inputs-${file}`, {
    title: `Inputs made at random: ${file.replaceAll('-', ' ')}`,
    command: `npm run test:faults -- test/unit/properties/${file}.test.ts`,
    columns: ['what must hold', 'inputs for which it holds'],
    rows: [...tried],
  });
});

/**
 * How often a property is tried: `runs` times, and fifty times as often with `DEPLOY_TRIALS=all`. A failure prints
 * its seed and the smallest counterexample; `{ seed, path }` in the call repeats it.
 */
export function property<T extends [unknown, ...unknown[]]>(
  runs: number,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => void,
): void {
  fc.assert(fc.property(...arbitraries, holds), optionsFor(runs));
  count(runs);
}

/** The same for what takes its time. */
export async function asyncProperty<T extends [unknown, ...unknown[]]>(
  runs: number,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(...arbitraries, holds), optionsFor(runs));
  count(runs);
}

function optionsFor(runs: number): { numRuns: number; seed?: number } {
  // By default the same inputs in every run.
  return ALL_TRIALS ? { numRuns: runs * ALL_FACTOR } : { numRuns: runs, seed: 2_026 };
}

function count(runs: number): void {
  const name = (expect.getState().currentTestName ?? '').replaceAll(' > ', ' ');
  tried.set(name, (tried.get(name) ?? 0) + (ALL_TRIALS ? runs * ALL_FACTOR : runs));
}

/** How long a test with such properties may take, in milliseconds. */
export const PROPERTY_TIMEOUT_MS = ALL_TRIALS ? 1_800_000 : 60_000;
