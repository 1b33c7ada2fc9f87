import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { DeliveryOutcome } from '../domain/deployment/delivery.js';
import { hasEnded, PHASES } from '../domain/deployment/deployment.js';
import { PollCounters } from '../deployments/polling/poll-counters.js';
import { PruningCounters } from '../deployments/pruning/pruning-counters.js';
import { StatusService } from '../deployments/status/status.service.js';
import { Storage } from '../storage/storage.js';

const OUTCOMES: readonly DeliveryOutcome[] = ['accepted', 'ignored', 'duplicate'];
const ROWS_AT_ONCE = 200;

/**
 * The content of `/metrics`. Deliveries and deployments since the start of the process are counted from
 * storage on request, so that the code that handles them need not know about metrics.
 */
@Injectable()
export class MetricsService {
  readonly #registry = new Registry();
  readonly #deliveries: Counter<'outcome'>;
  readonly #ended: Counter<'phase'>;
  readonly #active: Gauge<'phase'>;
  readonly #engines: Gauge<'engine'>;
  readonly #polls: Counter<'result'>;
  readonly #pruned: Counter<'what'>;
  readonly #pruneFailures: Counter;
  #lastEvent: number | null = null;
  #lastDelivery: string | null = null;
  /** An ended deployment may still change; each is counted once. */
  readonly #counted = new Set<string>();
  #collecting: Promise<string> | null = null;

  constructor(
    private readonly storage: Storage,
    private readonly status: StatusService,
    private readonly pruning: PruningCounters,
    private readonly polling: PollCounters,
  ) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#deliveries = new Counter({
      name: 'deploy_deliveries_total',
      help: 'Stored webhook deliveries, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    this.#ended = new Counter({
      name: 'deploy_deployments_total',
      help: 'Ended deployments, by final phase',
      labelNames: ['phase'],
      registers,
    });
    this.#active = new Gauge({
      name: 'deploy_deployments_active',
      help: 'Deployments that have not ended, by phase',
      labelNames: ['phase'],
      registers,
    });
    this.#engines = new Gauge({
      name: 'deploy_engine_up',
      help: '1 if the Docker engine responds, else 0',
      labelNames: ['engine'],
      registers,
    });
    this.#polls = new Counter({
      name: 'deploy_polls_total',
      help: 'Registry polls, by result: changed if a deployment was made, same, or failed',
      labelNames: ['result'],
      registers,
    });
    this.#pruned = new Counter({
      name: 'deploy_pruned_total',
      help: 'Deleted old deployments, deliveries and events, and removed images, by kind',
      labelNames: ['what'],
      registers,
    });
    this.#pruneFailures = new Counter({
      name: 'deploy_prune_failures_total',
      help: 'Failed attempts to prune',
      registers,
    });
    for (const outcome of OUTCOMES) this.#deliveries.inc({ outcome }, 0);
    for (const phase of PHASES.filter(hasEnded)) this.#ended.inc({ phase }, 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Sets where counting begins: nothing from before the start of the process counts. */
  async onApplicationBootstrap(): Promise<void> {
    this.#lastEvent = await this.storage.events.lastId();
    const [newest] = await this.storage.deliveries.list({ limit: 1 });
    this.#lastDelivery = newest?.id ?? '';
  }

  /** In Prometheus' text format. Concurrent calls share one collection. */
  text(): Promise<string> {
    this.#collecting ??= this.collect().finally(() => {
      this.#collecting = null;
    });
    return this.#collecting;
  }

  private async collect(): Promise<string> {
    await this.countDeliveries();
    await this.countEnded();
    const active = await this.storage.deployments.active();
    for (const phase of PHASES.filter((each) => !hasEnded(each))) {
      this.#active.set({ phase }, active.filter((each) => each.phase === phase).length);
    }
    this.#engines.reset();
    for (const [engine, { status }] of Object.entries(await this.status.engines())) {
      this.#engines.set({ engine }, status === 'up' ? 1 : 0);
    }
    this.countPolls();
    this.countPruned();
    return this.#registry.metrics();
  }

  private async countDeliveries(): Promise<void> {
    const known = this.#lastDelivery ?? '';
    let before: string | null = null;
    for (;;) {
      const page: readonly { id: string; outcome: DeliveryOutcome }[] =
        await this.storage.deliveries.list({ before, limit: ROWS_AT_ONCE });
      const fresh = page.filter(({ id }) => id > known);
      for (const { outcome } of fresh) this.#deliveries.inc({ outcome });
      if (before === null) this.#lastDelivery = fresh[0]?.id ?? known;
      before = fresh.at(-1)?.id ?? null;
      if (fresh.length < ROWS_AT_ONCE) return;
    }
  }

  private async countEnded(): Promise<void> {
    for (;;) {
      const events = await this.storage.events.after(this.#lastEvent ?? 0, ROWS_AT_ONCE);
      for (const { id, deployment } of events) {
        this.#lastEvent = id;
        if (!hasEnded(deployment.phase) || this.#counted.has(deployment.id)) continue;
        this.remember(deployment.id);
        this.#ended.inc({ phase: deployment.phase });
      }
      if (events.length < ROWS_AT_ONCE) return;
    }
  }

  private countPolls(): void {
    this.#polls.reset();
    for (const [result, count] of Object.entries(this.polling.polls)) {
      this.#polls.inc({ result }, count);
    }
  }

  private countPruned(): void {
    this.#pruned.reset();
    for (const [what, count] of Object.entries(this.pruning.pruned))
      this.#pruned.inc({ what }, count);
    this.#pruneFailures.reset();
    this.#pruneFailures.inc(this.pruning.failures);
  }

  /** Keeps only the latest: a deployment does not change long after its end. */
  private remember(id: string): void {
    this.#counted.add(id);
    const [oldest] = this.#counted;
    if (this.#counted.size > ROWS_AT_ONCE * 5 && oldest !== undefined) this.#counted.delete(oldest);
  }
}
