import { Injectable } from '@nestjs/common';

/**
 * What became of one look at one service. `changed`: a deployment was made; `same`: there was no reason for one;
 * `failed`: registry, engine or storage did not answer as they should.
 */
export type PollResult = 'changed' | 'same' | 'failed';

/** How often services were polled since the start of the process, for the metrics. */
@Injectable()
export class PollCounters {
  readonly polls: Record<PollResult, number> = { changed: 0, same: 0, failed: 0 };
}
