import { Injectable } from '@nestjs/common';
import { unknownDeployment } from '../../domain/deployment/deployment.js';
import { DeployError } from '../../domain/errors.js';
import type { Service } from '../../domain/settings/environment.js';
import { ServiceInspector } from '../../environments/service-inspector.js';
import { Storage } from '../../storage/storage.js';
import { lastGood, type RollbackTarget } from './rollback-target.js';

/** How many successful deployments are searched for the last good version. */
const ROLLBACK_DEPTH = 100;

/** Finds the version that a service is rolled back to. */
@Injectable()
export class RollbackTargets {
  constructor(
    private readonly storage: Storage,
    private readonly inspector: ServiceInspector,
  ) {}

  /**
   * The last good version, or that of the deployment `to`, with the digest that runs now (null if that is unknown).
   * @throws DeployError `not-found`, `invalid` if `to` is of another service or did not succeed, `no-rollback-target`.
   */
  async find(
    service: Service,
    to: string | undefined,
  ): Promise<{ readonly from: string | null; readonly target: RollbackTarget }> {
    const { running, digests } = await this.inspector.inspect(service);
    return { from: running?.digest ?? null, target: await this.targetOf(service, digests, to) };
  }

  private async targetOf(
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
        `no earlier good version of ${environment}/${name} is known; name a deployment with "to", or deploy a digest manually`,
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
