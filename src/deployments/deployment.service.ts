import { Injectable } from '@nestjs/common';
import { hasEnded, newDeployment, NOT_STARTED, type Deployment } from '../domain/deployment.js';
import type { Service } from '../domain/environment.js';
import { DeployError } from '../domain/errors.js';
import type { RolloutIntent } from '../domain/rollout.js';
import { EnvironmentsService } from '../environments/environments.service.js';
import type { DeploymentFilter } from '../storage/deployment.repository.js';
import { Storage } from '../storage/storage.js';
import { pageOf } from './delivery.service.js';
import { DeploymentLog } from './deployment-log.js';
import type { WholeDeployment } from './deployment.dto.js';
import { ended } from './deployment-resolver.js';
import { newId } from './new-id.js';
import { Planner, type PlanView } from './planner.js';
import { lastGood, type RollbackTarget } from './rollback-target.js';
import { ServiceInspector } from './service-inspector.js';
import { Worker } from './worker.js';

/** How far back the last good version is looked for. */
const ROLLBACK_DEPTH = 100;

export interface DeployWish {
  readonly tag?: string;
  readonly digest?: string;
  readonly reason?: string;
  readonly force?: boolean;
}

export type { PlanView };

/** The front of deployments: making them by hand, stopping and showing them. */
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

  /** Deploys by hand. @throws DeployError `not-found`, `invalid` where no tag is given and none follows from the rule. */
  async deploy(
    environment: string,
    name: string,
    wish: DeployWish,
    by: string,
  ): Promise<Deployment> {
    const service = this.environments.service(environment, name);
    const deployment = await this.wished(service, wish, by);
    await this.storage.deployments.insert(deployment);
    const why = wish.reason === undefined ? '' : `: ${wish.reason}`;
    await this.log.line(deployment, 'info', `${by} deploys ${deployment.tag} by hand${why}`);
    this.worker.lane(environment, name).wake();
    return deployment;
  }

  /** What a deployment by hand would do now. Nothing is touched. */
  async plan(environment: string, name: string, wish: DeployWish): Promise<PlanView> {
    const service = this.environments.service(environment, name);
    return this.planner.plan(await this.wished(service, wish, 'dry-run'), service);
  }

  /**
   * Back to the last good digest, or to that of the deployment `to`. What runs now is quarantined.
   * @throws DeployError `not-found`, `invalid` (`to` is of another service or did not succeed), `no-rollback-target`.
   */
  async rollback(
    environment: string,
    name: string,
    { to, reason }: { readonly to?: string; readonly reason?: string },
    by: string,
  ): Promise<Deployment> {
    const service = this.environments.service(environment, name);
    const { running, digests } = await this.inspector.inspect(service);
    const target = await this.rollbackTarget(service, digests, to);
    const at = new Date().toISOString();
    const deployment = newDeployment(
      {
        id: newId(),
        environment,
        service: name,
        image: service.repository,
        strategy: service.rollout.strategy,
        tag: target.tag,
        digest: target.digest,
        pinned: true,
        trigger: { kind: 'rollback', by, delivery: null },
        reason: reason ?? null,
      },
      at,
    );
    await this.storage.transaction(async (stored) => {
      await stored.deployments.insert(deployment);
      const from = running?.digest ?? null;
      if (from === null || from === target.digest) return;
      const why = `rolled back by ${by}`;
      await stored.quarantine.add({
        environment,
        service: name,
        digest: from,
        deployment: deployment.id,
        reason: why,
        at,
      });
    });
    await this.log.line(deployment, 'info', `${by} rolls back to ${target.digest}`);
    this.worker.lane(environment, name).wake();
    return deployment;
  }

  /** Ends a deployment that has not started. @throws DeployError `not-found`, `wrong-phase` */
  async cancel(id: string, by: string, comment?: string): Promise<Deployment> {
    const reason = comment === undefined ? `cancelled by ${by}` : `cancelled by ${by}: ${comment}`;
    const cancelled = await this.storage.transaction(async (stored) => {
      const deployment = await stored.deployments.get(id);
      if (deployment === null) throw unknown(id);
      if (!NOT_STARTED.includes(deployment.phase)) {
        const words = hasEnded(deployment.phase) ? 'has ended' : 'has started';
        throw new DeployError(
          'wrong-phase',
          `the deployment ${words} (${deployment.phase}) and cannot be cancelled any more`,
        );
      }
      return stored.deployments.update(id, ended({ phase: 'cancelled', reason }));
    });
    const lane = this.worker.lane(cancelled.environment, cancelled.service);
    lane.abandon(id);
    lane.wake();
    await this.log.line(cancelled, 'info', reason);
    return cancelled;
  }

  /** @throws DeployError `not-found` */
  async get(id: string): Promise<Deployment & WholeDeployment> {
    const deployment = await this.storage.deployments.get(id);
    if (deployment === null) throw unknown(id);
    const [steps, intent] = await Promise.all([
      this.storage.deployments.steps(id),
      this.storage.deployments.intent(id),
    ]);
    const { comparison = null } = (intent ?? {}) as Partial<RolloutIntent>;
    return { ...deployment, steps, comparison };
  }

  /** Newest first; `next` is the id after which the following page goes on. */
  async list(
    filter: DeploymentFilter,
  ): Promise<{ items: readonly Deployment[]; next: string | null }> {
    const items = await this.storage.deployments.list({ ...filter, limit: filter.limit + 1 });
    return pageOf(items, filter.limit);
  }

  private async wished(service: Service, wish: DeployWish, by: string): Promise<Deployment> {
    return newDeployment(
      {
        id: newId(),
        environment: service.environment,
        service: service.name,
        image: service.repository,
        strategy: service.rollout.strategy,
        tag: wish.tag ?? (await this.tagOf(service)),
        digest: wish.digest ?? null,
        pinned: wish.digest !== undefined,
        force: wish.force ?? false,
        trigger: { kind: 'api', by, delivery: null },
      },
      new Date().toISOString(),
    );
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
    if (deployment === null) throw unknown(to);
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

function unknown(id: string): DeployError {
  return new DeployError('not-found', `there is no deployment ${JSON.stringify(id)}`);
}
