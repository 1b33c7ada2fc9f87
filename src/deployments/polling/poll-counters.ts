import { Injectable } from '@nestjs/common';

/**
 * The result of one poll of one service. `changed`: a deployment was made; `same`: there was no reason for one;
 * `failed`: the registry, the engine or storage did not answer as it should.
 */
export type PollResult = 'changed' | 'same' | 'failed';

/** How often services were polled since the start of the process, for the metrics. */
@Injectable()
export class PollCounters {
  readonly polls: Record<PollResult, number> = { changed: 0, same: 0, failed: 0 };
}
