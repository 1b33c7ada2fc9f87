import { Injectable } from '@nestjs/common';
import type { Actor } from '../../domain/deployment/audit.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { auditEntry } from '../audit-entry.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { newDeploymentOf } from '../new-deployment.js';
import { Promotions } from '../outcome/promotions.js';
import { RollbackTargets } from './rollback-targets.js';
import { Reconcilers } from '../queue/reconcilers.js';

/** Rolls services back manually. */
@Injectable()
export class RollbackService {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly targets: RollbackTargets,
    private readonly promotions: Promotions,
    private readonly reconcilers: Reconcilers,
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

  /**
   * Back to the last good digest, or to that of the deployment `to`. What runs now is quarantined.
   * @throws DeployError `not-found`, `invalid` (`to` is of another service or did not succeed), `no-rollback-target`.
   */
  async rollback(
    environment: string,
    name: string,
    { to, reason }: { readonly to?: string; readonly reason?: string },
    by: Actor,
  ): Promise<Deployment> {
    const service = this.environments.service(environment, name);
    const { from, target } = await this.targets.find(service, to);
    const deployment = newDeploymentOf(service, {
      tag: target.tag,
      digest: target.digest,
      pinned: true,
      trigger: { kind: 'rollback', by: by.name, delivery: null },
      reason: reason ?? null,
    });
    const at = deployment.createdAt;
    const targets = await this.lifecycle.change(async (changes) => {
      const { stored } = changes;
      await changes.create(deployment, `${by.name} rolls back to ${target.digest}`);
      const detail = [`to ${target.digest}`, reason].filter(Boolean).join(': ');
      await stored.audit.add(auditEntry(by, 'rollback', { deployment, detail }));
      const withdrawal = { to: target.digest, by: by.name };
      const withdrawn = await this.promotions.withdraw(changes, service, withdrawal);
      if (from === null || from === target.digest) return withdrawn;
      const why = `rolled back by ${by.name}`;
      await stored.quarantine.add({
        environment,
        service: name,
        digest: from,
        deployment: deployment.id,
        reason: why,
        at,
      });
      return withdrawn;
    });
    for (const each of [service, ...targets])
      this.reconcilers.of(each.environment, each.name).wake();
    return deployment;
  }
}
