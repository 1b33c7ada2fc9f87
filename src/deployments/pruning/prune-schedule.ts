import { Injectable } from '@nestjs/common';

/** When old records and images are pruned, how many at a time, and by which clock. */
@Injectable()
export class PruneSchedule {
  /** From the start of the server to the first pruning, in milliseconds: deployments under way come first. */
  readonly firstAfterMs: number = 60_000;
  /** From the end of one pruning to the next, in milliseconds. */
  readonly everyMs: number = 3_600_000;
  /** Between two batches, or two images, in milliseconds: gives waiting work a turn. */
  readonly pauseMs: number = 50;
  /** From the end of the last rollout on an engine to the removal of its images, in milliseconds. */
  readonly tidyAfterMs: number = 1_000;
  /** How many rows one transaction deletes; a deployment goes with its steps and its log. */
  readonly batches = { deployments: 20, deliveries: 100, events: 200 } as const;

  /** The time against which ages are measured, in milliseconds since 1970. */
  now(): number {
    return Date.now();
  }
}
