import { Injectable } from '@nestjs/common';

/** When old things are pruned, how much at a time, and by which clock. */
@Injectable()
export class PruneSchedule {
  /** From the start of the server to the first time, in milliseconds: what is under way comes first. */
  readonly firstAfterMs: number = 60_000;
  /** From the end of one time to the next, in milliseconds. */
  readonly everyMs: number = 3_600_000;
  /** Between two batches, or two images, in milliseconds: whoever waits gets a turn. */
  readonly pauseMs: number = 50;
  /** From the moment at which no rollout is under way any more to the removal of images, in milliseconds. */
  readonly tidyAfterMs: number = 1_000;
  /** Rows that go in one transaction; a deployment takes its steps and its log along. */
  readonly batches = { deployments: 20, deliveries: 100, events: 200 } as const;

  /** The time by which things are old, in milliseconds since 1970. */
  now(): number {
    return Date.now();
  }
}
