import { Injectable } from '@nestjs/common';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { PolicyDecision } from '../../domain/policy/policy.js';
import type { Service } from '../../domain/settings/environment.js';
import { PolicyService } from '../../environments/policy.service.js';
import { DeploymentHandlers } from './deployment-handlers.js';
import { GroupGathering, type Gathered } from './group-gathering.js';

/** What policy, handler and group say of a deployment. */
export type HoldAnswer = PolicyDecision | Gathered;

/** Asks everybody who may hold back a deployment whose digest is known: its policy, then its handler, then its group. */
@Injectable()
export class Holds {
  constructor(
    private readonly policy: PolicyService,
    readonly handlers: DeploymentHandlers,
    readonly groups: GroupGathering,
  ) {}

  /** @param stopping Ends what takes its time. @throws its reason then. */
  async ask(
    deployment: Deployment,
    service: Service,
    now: number,
    stopping: AbortSignal,
  ): Promise<HoldAnswer> {
    // A grouped deployment that was released is finished, as a rollout is.
    if (deployment.group !== null) return this.groups.turnOf(deployment);
    const byPolicy = await this.policy.decide(deployment, service, null, now);
    if (byPolicy.kind !== 'go') return byPolicy;
    const byHandler = await this.handlers.decide(deployment, service);
    if (byHandler.kind !== 'go') return byHandler;
    return this.groups.ask(deployment, service, now, stopping);
  }
}
