import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from './wait-for.js';

/** Between two looks, in milliseconds. */
const EVERY_MS = 250;
/** Longer than a service's own answer may take, in milliseconds. */
const LONGEST_LOOK_MS = 2_500;

interface Sample {
  /** Milliseconds of `performance.now()` before and after the look. */
  readonly from: number;
  readonly to: number;
  /** What served; null where nothing did. */
  readonly version: string | null;
}

/** How long something was not so, in milliseconds: at least and at most. */
export interface Gaps {
  readonly atLeast: number;
  readonly atMost: number;
  /** The longest in one piece, at most. */
  readonly longest: number;
}

/** Looks at what a service serves, all the time and one look after the other. */
export class Availability {
  readonly #samples: Sample[] = [];
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;

  private constructor(private readonly served: () => Promise<string>) {
    this.#watching = this.watch();
  }

  static watch(served: () => Promise<string>): Availability {
    return new Availability(served);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
  }

  /** For how long no good version served. */
  gaps(isGood: (version: string | null) => boolean): Gaps {
    let [atLeast, atMost, longest] = [0, 0, 0];
    let lastGood: Sample | null = null;
    let bad: Sample[] = [];
    for (const sample of this.#samples) {
      if (!isGood(sample.version)) {
        bad.push(sample);
        continue;
      }
      const [first] = bad;
      if (first !== undefined) {
        const whole = sample.to - (lastGood ?? first).from;
        atLeast += (bad.at(-1) ?? first).from - first.to;
        atMost += whole;
        longest = Math.max(longest, whole);
      }
      [lastGood, bad] = [sample, []];
    }
    return { atLeast: Math.max(0, atLeast), atMost, longest };
  }

  private async watch(): Promise<void> {
    const options = { within: 0, longestLook: LONGEST_LOOK_MS };
    while (!this.#ending.signal.aborted) {
      const from = performance.now();
      const version = await waitFor('an answer', this.served, Boolean, options).catch(() => null);
      this.#samples.push({ from, to: performance.now(), version });
      await pause(EVERY_MS);
    }
  }
}
