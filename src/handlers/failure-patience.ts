import { Injectable } from '@nestjs/common';

/** When a handler is asked again after a failure. */
@Injectable()
export class HandlerSchedule {
  /** Pauses after consecutive failures, in milliseconds; the last one repeats. */
  readonly failurePausesMs: readonly number[] = [5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
  /** A deployment expires when its handler has kept failing for this long, in milliseconds. */
  readonly expiresAfterMs: number = 24 * 3_600_000;
}

/**
 * Counts consecutive failures of the handler of each deployment, and since when, by a monotonic clock. In memory
 * only: a restart resets it.
 */
export class FailurePatience {
  readonly #failing = new Map<string, { count: number; readonly since: number }>();

  constructor(
    private readonly schedule: HandlerSchedule,
    private readonly now = (): number => performance.now(),
  ) {}

  /** Records a failure. @returns how long to wait, in milliseconds, or null if it has kept failing for too long. */
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

  /** Records an answer. */
  answered(deployment: string): void {
    this.#failing.delete(deployment);
  }

  /** Drops entries of deployments that ended in another way in the meantime. */
  private forgetOld(): void {
    const longest = 2 * this.schedule.expiresAfterMs;
    for (const [deployment, { since }] of this.#failing) {
      if (this.now() - since > longest) this.#failing.delete(deployment);
    }
  }
}
