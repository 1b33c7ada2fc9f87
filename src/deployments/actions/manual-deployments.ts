import { Injectable } from '@nestjs/common';
import type { Actor } from '../../domain/deployment/audit.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import { DeployError } from '../../domain/errors.js';
import type { Service } from '../../domain/settings/environment.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { ServiceInspector } from '../../environments/service-inspector.js';
import { auditEntry } from '../audit-entry.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { newDeploymentOf } from '../new-deployment.js';
import { Reconcilers } from '../queue/reconcilers.js';

/** What a person asks for. A tag left out is that of the service's rule, or of what runs. */
export interface ManualDeployment {
  readonly tag?: string;
  readonly digest?: string;
  readonly reason?: string;
  readonly force?: boolean;
}

/** Deployments that people ask for. */
@Injectable()
export class ManualDeployments {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly inspector: ServiceInspector,
    private readonly reconcilers: Reconcilers,
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

  /**
   * Deploys manually.
   * @throws DeployError `not-found`, `invalid` if no tag is given and none follows from the rule, `forbidden` if `force`
   * would override what only an admin may.
   */
  async deploy(
    environment: string,
    name: string,
    wanted: ManualDeployment,
    by: Actor,
  ): Promise<Deployment> {
    const service = this.environments.service(environment, name);
    await this.assertMayForce(service, wanted, by);
    const deployment = await this.deploymentOf(service, wanted, by);
    const why = wanted.reason === undefined ? '' : `: ${wanted.reason}`;
    const forced = deployment.force ? ' with force' : '';
    const detail = `${deployment.digest ?? deployment.tag}${forced}${why}`;
    await this.lifecycle.change(async (changes) => {
      await changes.create(deployment, `${by.name} deploys ${detail} manually`);
      await changes.stored.audit.add(auditEntry(by, 'deploy', { deployment, detail }));
    });
    this.reconcilers.of(environment, name).wake();
    return deployment;
  }

  /** Only admins override freezes and approvals; anybody else is refused at once. */
  private async assertMayForce(
    service: Service,
    wanted: ManualDeployment,
    by: Actor,
  ): Promise<void> {
    if (wanted.force !== true || by.role === 'admin') return;
    const freeze = await this.environments.freeze(service.environment, Date.now());
    const needsApproval = service.policy.approval !== null;
    if (freeze === null && !needsApproval) return;
    const what = freeze === null ? 'the approval that it needs' : `the freeze (${freeze.reason})`;
    throw new DeployError(
      'forbidden',
      `"force" would override ${what}: that needs the role admin; leave it out to wait`,
    );
  }

  /** The deployment that is asked for, not stored yet. @throws DeployError `invalid` if no tag is given and none follows. */
  async deploymentOf(service: Service, wanted: ManualDeployment, by: Actor): Promise<Deployment> {
    return newDeploymentOf(service, {
      tag: wanted.tag ?? (await this.tagOf(service)),
      digest: wanted.digest ?? null,
      pinned: wanted.digest !== undefined,
      force: wanted.force ?? false,
      forceRole: wanted.force === true ? by.role : null,
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
