import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ConfigurationService } from '../../config/configuration.service.js';
import { UNDER_WAY, type Deployment } from '../../domain/deployment/deployment.js';
import { messageOf } from '../../domain/errors.js';
import { LaneTools } from './lane-tools.js';
import { continueIds } from '../new-id.js';
import { OrphanRecovery } from '../recovery/orphan-recovery.js';
import { ServiceReconciler } from './service-reconciler.js';

/**
 * Does what is to be done, service by service. At the start it first goes on with the rollouts that
 * were under way, in the same way as it does new ones.
 */
@Injectable()
export class Worker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(Worker.name);
  readonly #lanes = new Map<string, ServiceReconciler>();
  readonly #stopping = new AbortController();
  #stopListening = (): void => undefined;
  #searching: Promise<void> = Promise.resolve();

  constructor(
    private readonly tools: LaneTools,
    private readonly orphans: OrphanRecovery,
    private readonly configuration: ConfigurationService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await continueIds(this.tools.storage);
    const active = await this.tools.storage.deployments.active();
    if (active.length > 0) this.#logger.log(`${String(active.length)} deployments to go on with`);
    // Before any new rollout may touch what one that was interrupted is in the middle of.
    for (const deployment of active) await this.#reserve(deployment);
    for (const { environment, service } of active) this.lane(environment, service).wake();
    for (const { environment, service } of await this.tools.storage.rechecks.all()) {
      this.lane(environment, service).wake();
    }
    // One whose last deployment has ended may have to be taken back.
    for (const { id } of await this.tools.storage.groupRuns.open()) {
      const [one] = await this.tools.storage.groupRuns.deployments(id);
      if (one !== undefined) this.lane(one.environment, one.service).wake();
    }
    this.#searching = this.orphans.find(this.#stopping.signal, async (deployment) => {
      await this.#reserve(deployment);
      this.lane(deployment.environment, deployment.service).wake();
    });
    this.#stopListening = this.configuration.onChange(() => {
      for (const lane of this.#lanes.values()) lane.wake();
    });
  }

  /** Takes no new work and parks what is under way, at a moment at which the service is up. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopListening();
    this.#stopping.abort(new Error('the server stops'));
    await this.#searching;
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
  }

  /** What cannot be reserved now is claimed when the rollout is gone on with. */
  async #reserve(deployment: Deployment): Promise<void> {
    if (!UNDER_WAY.includes(deployment.phase)) return;
    try {
      await this.tools.runner.reserve(deployment);
    } catch (error) {
      this.#logger.error({ deployment: deployment.id, msg: messageOf(error) });
    }
  }

  /** The lane of a service, whether the configuration names it or not. */
  lane(environment: string, service: string): ServiceReconciler {
    const key = JSON.stringify([environment, service]);
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane = new ServiceReconciler(
      environment,
      service,
      this.tools,
      this.#stopping.signal,
      (other) => {
        this.lane(other.environment, other.name).wake();
      },
    );
    this.#lanes.set(key, lane);
    return lane;
  }
}
