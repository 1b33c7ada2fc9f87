import { Injectable } from '@nestjs/common';
import {
  UNDER_WAY,
  type Deployment,
  type DeploymentPatch,
} from '../domain/deployment/deployment.js';
import type { Service } from '../domain/settings/environment.js';
import type { PolicyDecision, PromotionFacts } from '../domain/policy/policy.js';
import { EnvironmentsService } from './environments.service.js';
import { Storage } from '../storage/storage.js';
import { ServiceInspector, type InspectedService } from './service-inspector.js';

/** What counts as running in a service. */
export interface Current {
  readonly digests: readonly string[];
  readonly tag: string | null;
}

/** How far back it is looked for the success of a version that is to be promoted. */
const SUCCESSES = 100;

/** Asks the policy, with what only engines show. */
@Injectable()
export class PolicyService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly inspector: ServiceInspector,
  ) {}

  /**
   * Whether a deployment whose digest is known may go now.
   * @param seen What runs, where that was just looked at.
   */
  async decide(
    deployment: Deployment,
    service: Service,
    seen: Current | null,
    now = Date.now(),
  ): Promise<PolicyDecision> {
    // Only such a rule asks for it: no other needs an engine that answers.
    const isAsked = service.tagRule.kind === 'semver' && seen === null;
    const { tag: currentTag } = isAsked ? await this.current(service) : (seen ?? { tag: null });
    const promotion =
      deployment.trigger.kind === 'promotion' ? await this.promotion(deployment, service) : null;
    return this.environments.decide(deployment, service, { currentTag, promotion }, now);
  }

  /** What is being rolled out, else what the engine shows; nothing where that is unknown. */
  async current(service: Service): Promise<Current> {
    const underWay = await this.underWay(service);
    if (underWay?.digest != null) return { digests: [underWay.digest], tag: underWay.tag };
    const inspected = await this.inspectQuietly(service);
    return { digests: inspected?.digests ?? [], tag: inspected?.running?.tag ?? null };
  }

  private async underWay({ environment, name }: Service): Promise<Deployment | null> {
    const active = await this.storage.deployments.activeOf(environment, name);
    return active.find((each) => UNDER_WAY.includes(each.phase)) ?? null;
  }

  /** How the version of a promotion does where it comes from. */
  private async promotion(
    { digest }: Deployment,
    { policy: { promoteFrom } }: Service,
  ): Promise<PromotionFacts> {
    const unknown = { succeededAt: null, isHealthy: null };
    if (promoteFrom === null) return unknown;
    const { environment, service: name } = promoteFrom;
    const successes = await this.storage.history.succeeded(environment, name, SUCCESSES);
    const success = successes.find((each) => each.digest === digest);
    const source = this.environments.findService(environment, name);
    if (success === undefined || digest === null || source === null) return unknown;
    // In the middle of a rollout it shows nothing of the version before.
    const isBusy = (await this.underWay(source)) !== null;
    const inspected = isBusy ? null : await this.inspectQuietly(source);
    const isHealthy =
      inspected === null ? null : inspected.state === 'ok' && inspected.digests.includes(digest);
    return { succeededAt: success.finishedAt, isHealthy };
  }

  /** Null where the engine does not answer. */
  private async inspectQuietly(service: Service): Promise<InspectedService | null> {
    try {
      return await this.inspector.inspect(service);
    } catch {
      return null;
    }
  }
}

/** What is stored of a deployment that a decision holds back; null where it may go. */
export function heldBy(
  decision: Extract<PolicyDecision, { kind: 'go' | 'wait' }>,
): DeploymentPatch | null {
  if (decision.kind === 'go') return null;
  const { for: waitingFor, until: notBefore, reason, expiresAt } = decision;
  return { phase: 'waiting', waitingFor, notBefore, reason, expiresAt };
}
