import { Injectable } from '@nestjs/common';

/** When a handler that failed is asked again. */
@Injectable()
export class HandlerSchedule {
  /** Pauses after each failure in a row, in milliseconds; the last one repeats. */
  readonly failurePausesMs: readonly number[] = [5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
  /** A deployment whose handler has failed for so long in a row expires, in milliseconds. */
  readonly expiresAfterMs: number = 24 * 3_600_000;
}

/**
 * Counts, for each deployment, how often its handler has failed in a row and since when, by a clock that
 * nobody sets. A restart begins anew.
 */
export class FailurePatience {
  readonly #failing = new Map<string, { count: number; readonly since: number }>();

  constructor(
    private readonly schedule: HandlerSchedule,
    private readonly now = (): number => performance.now(),
  ) {}

  /** One more failure. @returns how long to wait in milliseconds, or null where it has failed for too long. */
  failed(deployment: string): number | null {
    this.forgetOld();
    const known = this.#failing.get(deployment) ?? { count: 0, since: this.now() };
    const { failurePausesMs: pauses, expiresAfterMs } = this.schedule;
    if (this.now() - known.since >= expiresAfterMs) {
      this.#failing.delete(deployment);
      return null;
    }
    const pause = pauses[Math.min(known.count, pauses.length - 1)] ?? expiresAfterMs;
    this.#failing.set(deployment, { count: known.count + 1, since: known.since });
    return pause;
  }

  /** It answered. */
  answered(deployment: string): void {
    this.#failing.delete(deployment);
  }

  /** Deployments that ended otherwise meanwhile are asked about no more. */
  private forgetOld(): void {
    const longest = 2 * this.schedule.expiresAfterMs;
    for (const [deployment, { since }] of this.#failing) {
      if (this.now() - since > longest) this.#failing.delete(deployment);
    }
  }
}
