import { Injectable } from '@nestjs/common';

/** When registries are polled. */
@Injectable()
export class PollSchedule {
  /** From the start, or from when a service begins to be polled, to its first poll: at least, in milliseconds. */
  readonly firstAfterMs: number = 2_000;
  /** The first poll is up to this much later, at random, in milliseconds. */
  readonly firstWithinMs: number = 10_000;
  /** What `policy.poll` is divided by. More than 1 polls faster than configured. */
  readonly speed: number = 1;
}
