import { Injectable } from '@nestjs/common';
import type { Actor } from '../../domain/deployment/audit.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeployError } from '../../domain/errors.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { DeploymentFilter } from '../../storage/repositories/deployment.repository.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLog } from '../deployment-log.js';
import type { WholeDeployment } from '../../domain/deployment/deployment-view.js';
import { auditEntry } from '../audit-entry.js';
import { newDeploymentOf } from '../new-deployment.js';
import { Planner, type PlanView } from '../status/planner.js';
import { ServiceInspector } from '../../environments/service-inspector.js';
import { Worker } from '../queue/worker.js';
import { pageOf, type Page } from '../../domain/page.js';

export interface ManualDeployment {
  readonly tag?: string;
  readonly digest?: string;
  readonly reason?: string;
  readonly force?: boolean;
}

export type { PlanView };

/** The front of deployments: making them by hand and showing them. */
@Injectable()
export class DeploymentService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly inspector: ServiceInspector,
    private readonly planner: Planner,
    private readonly worker: Worker,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Deploys by hand. @throws DeployError `not-found`, `invalid` where no tag is given and none follows from the rule,
   * `forbidden` where `force` would override what only an admin may.
   */
  async deploy(
    environment: string,
    name: string,
    wish: ManualDeployment,
    by: Actor,
  ): Promise<Deployment> {
    const service = this.environments.service(environment, name);
    await this.assertMayForce(service, wish, by);
    const deployment = await this.wished(service, wish, by);
    const why = wish.reason === undefined ? '' : `: ${wish.reason}`;
    const forced = deployment.force ? ' with force' : '';
    const detail = `${deployment.digest ?? deployment.tag}${forced}${why}`;
    await this.storage.transaction(async (stored) => {
      await stored.deployments.insert(deployment);
      await stored.audit.add(auditEntry(by, 'deploy', { deployment, detail }));
    });
    await this.log.line(deployment, 'info', `${by.name} deploys ${detail} by hand`);
    this.worker.lane(environment, name).wake();
    return deployment;
  }

  /** What a deployment by hand would do now. Nothing is touched. */
  async plan(environment: string, name: string, wish: ManualDeployment): Promise<PlanView> {
    const service = this.environments.service(environment, name);
    return this.planner.plan(
      await this.wished(service, wish, { name: 'dry-run', role: 'operator' }),
      service,
    );
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

  /** Newest first; `next` is the id after which the following page goes on. */
  async list(filter: DeploymentFilter): Promise<Page<Deployment>> {
    const items = await this.storage.deployments.list({ ...filter, limit: filter.limit + 1 });
    return pageOf(items, filter.limit);
  }

  /** Freezes and approvals are overridden by admins only, which is told at once. */
  private async assertMayForce(service: Service, wish: ManualDeployment, by: Actor): Promise<void> {
    if (wish.force !== true || by.role === 'admin') return;
    const freeze = await this.environments.freeze(service.environment, Date.now());
    const needsApproval = service.policy.approval !== null;
    if (freeze === null && !needsApproval) return;
    const what = freeze === null ? 'the approval that it needs' : `the freeze (${freeze.reason})`;
    throw new DeployError(
      'forbidden',
      `"force" would override ${what}: that needs the role admin; leave it out to wait`,
    );
  }

  private async wished(service: Service, wish: ManualDeployment, by: Actor): Promise<Deployment> {
    return newDeploymentOf(service, {
      tag: wish.tag ?? (await this.tagOf(service)),
      digest: wish.digest ?? null,
      pinned: wish.digest !== undefined,
      force: wish.force ?? false,
      forceRole: wish.force === true ? by.role : null,
      trigger: { kind: 'api', by: by.name, delivery: null },
    });
  }

  /** The tag that the service follows: of its rule, or else of what runs. */
  private async tagOf(service: Service): Promise<string> {
    if (service.tagRule.kind === 'exact') return service.tagRule.tag;
    const { running } = await this.inspector.inspect(service);
    if (running?.tag != null) return running.tag;
    throw new DeployError(
      'invalid',
      `give a tag: the rule of ${service.environment}/${service.name} names none and what runs has none`,
    );
  }
}

/** There is no such deployment. */
export function unknownDeployment(id: string): DeployError {
  return new DeployError('not-found', `there is no deployment ${JSON.stringify(id)}`);
}
