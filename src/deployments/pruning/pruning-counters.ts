import { Injectable } from '@nestjs/common';

export type Prunable = 'deployments' | 'deliveries' | 'events' | 'images';

/** How many records and images were pruned since the start of the process, for the metrics. */
@Injectable()
export class PruningCounters {
  readonly pruned: Record<Prunable, number> = {
    deployments: 0,
    deliveries: 0,
    events: 0,
    images: 0,
  };
  failures = 0;
}
