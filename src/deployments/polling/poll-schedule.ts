import { Injectable } from '@nestjs/common';

/** When registries are polled, and by which clock. */
@Injectable()
export class PollSchedule {
  /** From the start, or from when a service begins to be polled, to its first poll: at least so long, in milliseconds. */
  readonly firstAfterMs: number = 2_000;
  /** And at most so much longer. */
  readonly firstWithinMs: number = 10_000;

  /** From one poll of a service to the next, before jitter. @param configuredMs its `policy.poll` */
  everyMs(configuredMs: number): number {
    return configuredMs;
  }

  /** From 0 to 1. */
  random(): number {
    return Math.random();
  }

  /** Milliseconds of a clock that nobody sets. */
  now(): number {
    return performance.now();
  }
}
