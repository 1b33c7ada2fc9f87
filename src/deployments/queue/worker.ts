import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ConfigurationService } from '../../config/configuration.service.js';
import { UNDER_WAY, type Deployment } from '../../domain/deployment/deployment.js';
import { messageOf } from '../../domain/errors.js';
import { Storage } from '../../storage/storage.js';
import { continueIds } from '../new-id.js';
import { OrphanRecovery } from '../recovery/orphan-recovery.js';
import { RolloutRunner } from '../rollout/rollout-runner.js';
import { Reconcilers } from './reconcilers.js';

/** Starts and stops all work. It resumes the rollouts that were under way first, in the same way as it does new ones. */
@Injectable()
export class Worker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(Worker.name);
  #stopListening = (): void => undefined;
  #searching: Promise<void> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    private readonly reconcilers: Reconcilers,
    private readonly runner: RolloutRunner,
    private readonly orphans: OrphanRecovery,
    private readonly configuration: ConfigurationService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { deployments, rechecks, groupRuns } = this.storage;
    await continueIds(this.storage);
    const active = await deployments.active();
    if (active.length > 0) this.#logger.log(`${String(active.length)} deployments to resume`);
    // Before any new rollout may touch what one that was interrupted is in the middle of.
    for (const deployment of active) await this.reserve(deployment);
    for (const each of [...active, ...(await rechecks.all())]) this.wake(each);
    // One whose last deployment has ended may have to be rolled back.
    for (const { id } of await groupRuns.open()) {
      const [member] = await groupRuns.deployments(id);
      if (member !== undefined) this.wake(member);
    }
    this.#searching = this.orphans.find(this.reconcilers.stopping, async (deployment) => {
      await this.reserve(deployment);
      this.wake(deployment);
    });
    this.#stopListening = this.configuration.onChange(() => {
      this.reconcilers.wakeAll();
    });
  }

  /** Takes no new work and parks what is under way, at a moment at which the service is up. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopListening();
    const stopped = this.reconcilers.stop();
    await this.#searching;
    await stopped;
  }

  private wake({ environment, service }: Pick<Deployment, 'environment' | 'service'>): void {
    this.reconcilers.of(environment, service).wake();
  }

  /** What cannot be reserved now is claimed when the rollout is resumed. */
  private async reserve(deployment: Deployment): Promise<void> {
    if (!UNDER_WAY.includes(deployment.phase)) return;
    try {
      await this.runner.reserve(deployment);
    } catch (error) {
      this.#logger.error({ deployment: deployment.id, msg: messageOf(error) });
    }
  }
}
