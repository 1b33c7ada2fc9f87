import { Injectable } from '@nestjs/common';
import { NOT_STARTED, type Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { DeploymentChanges } from '../deployment-changes.js';
import { newDeploymentOf } from '../new-deployment.js';

/** Promotes versions that succeeded in one environment to the services that are promoted from it. */
@Injectable()
export class Promotions {
  constructor(private readonly environments: EnvironmentsService) {}

  /**
   * Creates the deployments that the success of this one leads to, with the same digest whatever the tag names by now.
   * They wait until the version has proved itself. A rollback leads to nothing: it is no new version.
   */
  async follow(changes: DeploymentChanges, succeeded: Deployment, digest: string): Promise<void> {
    if (succeeded.trigger.kind === 'rollback') return;
    const { environment, service, image, tag } = succeeded;
    for (const target of this.environments.promotedFrom(environment, service)) {
      const trigger = { kind: 'promotion', by: environment, delivery: null } as const;
      const promoted = newDeploymentOf(target, { image, tag, digest, pinned: true, trigger });
      await changes.create(promoted, `${digest} succeeded in ${environment}/${service}`);
    }
  }

  /**
   * Cancels the promotions from a service that is rolled back, except those of the version it goes back to.
   * @returns the services in which something may have changed.
   */
  async withdraw(
    changes: DeploymentChanges,
    source: Service,
    { to, by }: { readonly to: string; readonly by: string },
  ): Promise<Service[]> {
    const targets = this.environments.promotedFrom(source.environment, source.name);
    const reason = `${source.environment}/${source.name} was rolled back by ${by}`;
    for (const { environment, name } of targets) {
      const active = await changes.stored.deployments.activeOf(environment, name);
      const withdrawn = active.filter(
        ({ phase, trigger, digest }) =>
          NOT_STARTED.includes(phase) && trigger.kind === 'promotion' && digest !== to,
      );
      for (const { id } of withdrawn) await changes.cancel(id, reason);
    }
    return targets;
  }
}
