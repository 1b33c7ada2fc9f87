import { Injectable } from '@nestjs/common';
import { NOT_STARTED, type Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { ended } from '../deciding/deployment-resolver.js';
import { newDeploymentOf } from '../new-deployment.js';

/** Versions that succeeded in one environment go on to those that are promoted from it. */
@Injectable()
export class Promotions {
  constructor(private readonly environments: EnvironmentsService) {}

  /**
   * Makes the deployments that the success of this one leads to, of the same digest whatever the tag names since. They
   * wait until it has proved itself. A way back leads to nothing: it is no new version.
   */
  async follow(stored: Repositories, succeeded: Deployment, digest: string): Promise<void> {
    if (succeeded.trigger.kind === 'rollback') return;
    const { environment, service, image, tag } = succeeded;
    for (const target of this.environments.promotedFrom(environment, service)) {
      const trigger = { kind: 'promotion', by: environment, delivery: null } as const;
      const promoted = { image, tag, digest, pinned: true, trigger };
      await stored.deployments.insert(newDeploymentOf(target, promoted));
    }
  }

  /**
   * Ends the promotions from a service that is rolled back, but for those of the version it goes back to.
   * @returns the services in which something changed.
   */
  async withdraw(
    stored: Repositories,
    source: Service,
    { to, by }: { readonly to: string; readonly by: string },
  ): Promise<Service[]> {
    const targets = this.environments.promotedFrom(source.environment, source.name);
    const reason = `${source.environment}/${source.name} was rolled back by ${by}`;
    for (const { environment, name } of targets) {
      const active = await stored.deployments.activeOf(environment, name);
      const withdrawn = active.filter(
        ({ phase, trigger, digest }) =>
          NOT_STARTED.includes(phase) && trigger.kind === 'promotion' && digest !== to,
      );
      for (const { id } of withdrawn) {
        await stored.deployments.update(id, ended({ phase: 'cancelled', reason }));
      }
    }
    return targets;
  }
}
