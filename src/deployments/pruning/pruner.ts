import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigurationService } from '../../config/configuration.service.js';
import { messageOf } from '../../domain/errors.js';
import { cutoffsOf } from '../../domain/deployment/retention.js';
import { Storage } from '../../storage/storage.js';
import { WakeUp } from '../wake-up.js';
import { ImageTidier } from './image-tidier.js';
import { PruneSchedule } from './prune-schedule.js';
import { PruningCounters } from './pruning-counters.js';

/**
 * Deletes records older than the retention and has old images removed: shortly after the start, then every hour, and
 * when the retention changes. A failure is retried at the next pruning and affects nothing else.
 */
@Injectable()
export class Pruner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(Pruner.name);
  readonly #stopping = new AbortController();
  readonly #wakeUp = new WakeUp(this.#stopping.signal);
  #stopListening = (): unknown => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    private readonly configuration: ConfigurationService,
    private readonly images: ImageTidier,
    private readonly schedule: PruneSchedule,
    private readonly counters: PruningCounters,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.run();
    this.#stopListening = this.configuration.onChange((current, previous) => {
      if (current.retentionMs !== previous.retentionMs) this.#wakeUp.poke();
    });
  }

  /** Waits for the batch under way. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopListening();
    this.#stopping.abort(new Error('the server stops'));
    await this.#running;
  }

  private async run(): Promise<void> {
    try {
      for (let pauseMs = this.schedule.firstAfterMs; ; pauseMs = this.schedule.everyMs) {
        await this.#wakeUp.wait(pauseMs);
        await this.attempt('old history', () => this.pruneHistory());
        await this.images.tidyAll();
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    }
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.counters.failures += 1;
      const minutes = String(Math.round(this.schedule.everyMs / 60_000));
      const msg = `cannot prune ${what}, will retry in ${minutes} min: ${messageOf(error)}`;
      this.#logger.error({ msg, err: error });
    }
  }

  private async pruneHistory(): Promise<void> {
    const { pruning } = this.storage;
    const { batches } = this.schedule;
    const { retentionMs } = this.configuration.current();
    const { history, deliveries } = cutoffsOf(this.schedule.now(), retentionMs);
    const before = { ...this.counters.pruned };
    for (
      let service = await pruning.serviceAfter(null);
      service !== null;
      service = await pruning.serviceAfter(service)
    ) {
      const name = service;
      await this.inBatches('deployments', (limit) =>
        pruning.deployments(name, { before: history, limit }),
      );
    }
    // After the deployments, which may refer to them.
    await this.inBatches('deliveries', (limit) =>
      pruning.deliveries({ before: deliveries, limit }),
    );
    await this.inBatches('events', (limit) => pruning.events({ before: history, limit }));
    const counts = (Object.keys(batches) as (keyof typeof batches)[]).map(
      (what) => `${String(this.counters.pruned[what] - before[what])} ${what}`,
    );
    if (counts.every((count) => count.startsWith('0 '))) return;
    this.#logger.log({ msg: `pruned records older than ${history}: ${counts.join(', ')}` });
  }

  private async inBatches(
    what: keyof PruneSchedule['batches'],
    prune: (limit: number) => Promise<number>,
  ): Promise<void> {
    const limit = this.schedule.batches[what];
    for (;;) {
      this.#stopping.signal.throwIfAborted();
      const count = await prune(limit);
      this.counters.pruned[what] += count;
      if (count < limit) return;
      await pause(this.schedule.pauseMs, undefined, { signal: this.#stopping.signal });
    }
  }
}
