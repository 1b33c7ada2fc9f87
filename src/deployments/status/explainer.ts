import { Injectable } from '@nestjs/common';
import { alreadyRunning, tagMismatch } from '../../domain/policy/reasons.js';
import type { WaitingFor } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { movesInGroup } from '../../domain/deployment/group.js';
import { DeployError, type ErrorCode } from '../../domain/errors.js';
import { matchesTag } from '../../domain/image/tag-rule.js';
import { waitingReason } from '../../domain/deployment/waiting-reason.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { INTERACTIVE_LOOKUP_MS, RegistryClient } from '../../registries/registry-client.js';
import { PolicyService } from '../../environments/policy.service.js';
import { newDeploymentOf } from '../new-deployment.js';
import { Planner, type PlanView } from './planner.js';

/** What a push would do to one service now, and why. */
export interface Explanation {
  readonly service: string;
  /** `ignore`: the push does not concern the service; `fail`: it would fail before anything is touched. */
  readonly decision: 'deploy' | 'wait' | 'skip' | 'ignore' | 'fail';
  /** The current digest of the tag; null if it was not looked up or is unknown. */
  readonly digest: string | null;
  readonly waitingFor: WaitingFor | null;
  /** RFC 3339, UTC: when it would be decided again; null if only an event triggers that. */
  readonly notBefore: string | null;
  /** Null if it would be deployed. */
  readonly reason: string | null;
  /** Set for a failure. */
  readonly code: ErrorCode | null;
  /** What would be done; null if nothing would. */
  readonly plan: PlanView | null;
}

type Outcome = Pick<Explanation, 'decision'> & Partial<Explanation>;

/** Explains what a push of a tag would do, without doing it: by the real policy, from what registry and engines show now. */
@Injectable()
export class Explainer {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly registry: RegistryClient,
    private readonly policy: PolicyService,
    private readonly planner: Planner,
  ) {}

  /** @throws DeployError `not-found` */
  async explain(
    environment: string,
    push: { readonly repository: string; readonly tag: string },
  ): Promise<Explanation[]> {
    const { services } = this.environments.environment(environment);
    const nothing = {
      digest: null,
      waitingFor: null,
      notBefore: null,
      reason: null,
      code: null,
      plan: null,
    };
    const outcomes = services.map(async (service) => {
      const outcome = await this.outcome(service, push);
      return { service: service.name, ...nothing, ...outcome };
    });
    return Promise.all(outcomes);
  }

  private async outcome(
    service: Service,
    { repository, tag }: { readonly repository: string; readonly tag: string },
  ): Promise<Outcome> {
    const why = whyNotConcerned(service, repository, tag);
    if (why !== null) return { decision: 'ignore', reason: why };
    try {
      const signal = AbortSignal.timeout(INTERACTIVE_LOOKUP_MS);
      const { digest } = await this.registry.resolveDigest(repository, tag, signal);
      return { ...(await this.ofDigest(service, { tag, digest })), digest };
    } catch (error) {
      if (!(error instanceof DeployError)) throw error;
      return { decision: 'fail', reason: error.message, code: error.code };
    }
  }

  private async ofDigest(
    service: Service,
    { tag, digest }: { readonly tag: string; readonly digest: string },
  ): Promise<Outcome> {
    const now = Date.now();
    const current = await this.policy.current(service);
    if (current.digests.includes(digest)) {
      return { decision: 'skip', reason: alreadyRunning(digest) };
    }
    const trigger = { kind: 'webhook', by: 'explain', delivery: null } as const;
    const deployment = { ...newDeploymentOf(service, { tag, trigger }), digest };
    const decision = await this.policy.decide(deployment, service, current, now);
    switch (decision.kind) {
      case 'go': {
        const plan = await this.planner.rollout(deployment, service);
        const { group } = this.environments.environment(service.environment);
        if (!movesInGroup(deployment, group)) return { decision: 'deploy', plan };
        const others = group.order.filter((name) => name !== service.name).join(', ');
        const notBefore = new Date(now + group.settleMs).toISOString();
        const reason = `will be deployed together with pushes of ${others}`;
        return { decision: 'wait', waitingFor: 'group', notBefore, reason, plan };
      }
      case 'wait': {
        const { until: notBefore, reason } = decision;
        const fullReason = waitingReason({ phase: 'waiting', reason, notBefore }, now);
        return { decision: 'wait', waitingFor: decision.for, notBefore, reason: fullReason };
      }
      case 'skip':
      case 'expire':
        return { decision: 'skip', reason: decision.reason };
    }
  }
}

function whyNotConcerned(service: Service, repository: string, tag: string): string | null {
  if (service.repository !== repository) return `it follows ${service.repository}`;
  if (!matchesTag(service.tagRule, tag)) {
    return tagMismatch(tag, service.tagRule);
  }
  const { promoteFrom } = service.policy;
  if (promoteFrom === null) return null;
  return `versions arrive only by promotion from ${promoteFrom.environment}/${promoteFrom.service}, once they have succeeded there`;
}
