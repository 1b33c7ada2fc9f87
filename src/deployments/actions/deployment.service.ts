import { Injectable } from '@nestjs/common';
import type { Actor } from '../../domain/deployment/audit.js';
import type { WholeDeployment } from '../../domain/deployment/deployment-view.js';
import { unknownDeployment, type Deployment } from '../../domain/deployment/deployment.js';
import { pageOf, type Page } from '../../domain/page.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { DeploymentFilter } from '../../storage/repositories/deployment.repository.js';
import { Storage } from '../../storage/storage.js';
import { Planner, type PlanView } from '../status/planner.js';
import { ManualDeployments, type ManualDeployment } from './manual-deployments.js';

export type { ManualDeployment, PlanView };

/** The front of deployments: asking for them, planning them and reading them. */
@Injectable()
export class DeploymentService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly manual: ManualDeployments,
    private readonly planner: Planner,
  ) {}

  /** Deploys manually; see `ManualDeployments.deploy`. */
  deploy(
    environment: string,
    name: string,
    wanted: ManualDeployment,
    by: Actor,
  ): Promise<Deployment> {
    return this.manual.deploy(environment, name, wanted, by);
  }

  /** What a manual deployment would do now. Nothing is touched. */
  async plan(environment: string, name: string, wanted: ManualDeployment): Promise<PlanView> {
    const service = this.environments.service(environment, name);
    const by = { name: 'dry-run', role: 'operator' } as const;
    return this.planner.plan(await this.manual.deploymentOf(service, wanted, by), service);
  }

  /** @throws DeployError `not-found` */
  async get(id: string): Promise<Deployment & WholeDeployment> {
    const deployment = await this.storage.deployments.get(id);
    if (deployment === null) throw unknownDeployment(id);
    const [steps, intent] = await Promise.all([
      this.storage.deployments.steps(id),
      this.storage.deployments.intent(id),
    ]);
    const { comparison = null } = (intent ?? {}) as Partial<RolloutIntent>;
    return { ...deployment, steps, comparison };
  }

  /** Newest first. */
  async list(filter: DeploymentFilter): Promise<Page<Deployment>> {
    const items = await this.storage.deployments.list({ ...filter, limit: filter.limit + 1 });
    return pageOf(items, filter.limit);
  }
}
