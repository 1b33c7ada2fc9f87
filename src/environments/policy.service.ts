import { Injectable } from '@nestjs/common';
import { UNDER_WAY, type Deployment } from '../domain/deployment/deployment.js';
import type { Service } from '../domain/settings/environment.js';
import type { PolicyDecision, PromotionFacts } from '../domain/policy/policy.js';
import { EnvironmentsService } from './environments.service.js';
import { Storage } from '../storage/storage.js';
import { ServiceInspector, type InspectedService } from './service-inspector.js';

/** What counts as running in a service: what is being rolled out, else what its container runs. */
export interface Current {
  /** All digests that the image is known by. */
  readonly digests: readonly string[];
  readonly tag: string | null;
}

/** How many earlier successes are searched for a version that is to be promoted. */
const SUCCESSES = 100;

const NOTHING: Current = { digests: [], tag: null };

/** Evaluates the policy, together with what only engines know. */
@Injectable()
export class PolicyService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly inspector: ServiceInspector,
  ) {}

  /**
   * Whether a deployment whose digest is known may start now.
   * @param known What runs, if the caller has just inspected it; else null.
   */
  async decide(
    deployment: Deployment,
    service: Service,
    known: Current | null,
    now = Date.now(),
  ): Promise<PolicyDecision> {
    // Only a semver rule compares tags, so no other needs an engine that answers.
    const isAsked = service.tagRule.kind === 'semver' && known === null;
    const { tag: currentTag } = isAsked ? await this.current(service) : (known ?? NOTHING);
    const promotion =
      deployment.trigger.kind === 'promotion' ? await this.promotion(deployment, service) : null;
    return this.environments.decide(deployment, service, { currentTag, promotion }, now);
  }

  /** What counts as running; no digests if nothing runs or the engine does not answer. */
  async current(service: Service): Promise<Current> {
    return (await this.currentOf(service, () => this.inspectQuietly(service))) ?? NOTHING;
  }

  /** What counts as running; null if nothing runs. @throws EngineError, DeployError `engine-unavailable` */
  async currentOrThrow(service: Service): Promise<Current | null> {
    return this.currentOf(service, () => this.inspector.inspect(service));
  }

  private async currentOf(
    service: Service,
    inspect: () => Promise<InspectedService | null>,
  ): Promise<Current | null> {
    const underWay = await this.underWay(service);
    if (underWay?.digest != null) return { digests: [underWay.digest], tag: underWay.tag };
    const inspected = await inspect();
    if (inspected === null || inspected.running === null) return null;
    return { digests: inspected.digests, tag: inspected.running.tag };
  }

  private async underWay({ environment, name }: Service): Promise<Deployment | null> {
    const active = await this.storage.deployments.activeOf(environment, name);
    return active.find((each) => UNDER_WAY.includes(each.phase)) ?? null;
  }

  /** How the promoted version is doing in its source environment. */
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
    // During a rollout the container says nothing about the version before.
    const isBusy = (await this.underWay(source)) !== null;
    const inspected = isBusy ? null : await this.inspectQuietly(source);
    const isHealthy =
      inspected === null ? null : inspected.state === 'ok' && inspected.digests.includes(digest);
    return { succeededAt: success.finishedAt, isHealthy };
  }

  /** Null if the engine does not answer. */
  private async inspectQuietly(service: Service): Promise<InspectedService | null> {
    try {
      return await this.inspector.inspect(service);
    } catch {
      return null;
    }
  }
}
