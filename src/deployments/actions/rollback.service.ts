import { Injectable } from '@nestjs/common';
import type { Actor } from '../../domain/deployment/audit.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeployError } from '../../domain/errors.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { auditEntry } from '../audit-entry.js';
import { DeploymentLog } from '../deployment-log.js';
import { unknownDeployment } from './deployment.service.js';
import { newDeploymentOf } from '../new-deployment.js';
import { Promotions } from '../outcome/promotions.js';
import { lastGood, type RollbackTarget } from './rollback-target.js';
import { ServiceInspector } from '../../environments/service-inspector.js';
import { Worker } from '../queue/worker.js';

/** How far back the last good version is looked for. */
const ROLLBACK_DEPTH = 100;

/** Goes back to an earlier version by hand. */
@Injectable()
export class RollbackService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly inspector: ServiceInspector,
    private readonly promotions: Promotions,
    private readonly worker: Worker,
    private readonly log: DeploymentLog,
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
    const { running, digests } = await this.inspector.inspect(service);
    const target = await this.rollbackTarget(service, digests, to);
    const deployment = newDeploymentOf(service, {
      tag: target.tag,
      digest: target.digest,
      pinned: true,
      trigger: { kind: 'rollback', by: by.name, delivery: null },
      reason: reason ?? null,
    });
    const at = deployment.createdAt;
    const targets = await this.storage.transaction(async (stored) => {
      await stored.deployments.insert(deployment);
      const detail = [`to ${target.digest}`, reason].filter(Boolean).join(': ');
      await stored.audit.add(auditEntry(by, 'rollback', { deployment, detail }));
      const withdrawal = { to: target.digest, by: by.name };
      const withdrawn = await this.promotions.withdraw(stored, service, withdrawal);
      const from = running?.digest ?? null;
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
    await this.log.line(deployment, 'info', `${by.name} rolls back to ${target.digest}`);
    for (const each of [service, ...targets]) this.worker.lane(each.environment, each.name).wake();
    return deployment;
  }

  private async rollbackTarget(
    service: Service,
    running: readonly string[],
    to: string | undefined,
  ): Promise<RollbackTarget> {
    const { environment, name } = service;
    if (to === undefined) {
      const succeeded = await this.storage.history.succeeded(environment, name, ROLLBACK_DEPTH);
      const quarantined = await this.storage.quarantine.list(environment, name);
      const target = lastGood(succeeded, running, quarantined);
      if (target !== null) return target;
      throw new DeployError(
        'no-rollback-target',
        `no earlier good version of ${environment}/${name} is known; name a deployment with "to", or deploy a digest by hand`,
      );
    }
    const kept = await this.storage.deployments.get(to);
    const deployment = kept ?? (await this.storage.history.pruned(to));
    if (deployment === null) throw unknownDeployment(to);
    const { digest, tag, phase } = deployment;
    if (deployment.environment !== environment || deployment.service !== name) {
      throw new DeployError('invalid', `${to} is a deployment of another service`);
    }
    if (phase !== 'succeeded' || digest === null) {
      throw new DeployError('invalid', `${to} did not succeed (${phase}): give one that did`);
    }
    return { digest, tag };
  }
}
