import { Injectable } from '@nestjs/common';
import { ConfigurationService } from '../config/configuration.service.js';
import type { Deployment } from '../domain/deployment/deployment.js';
import type { Environment, Service, Webhook } from '../domain/settings/environment.js';
import { DeployError } from '../domain/errors.js';
import { freezeInForce, type Freeze } from '../domain/policy/freeze.js';
import { decide, type PolicyDecision, type PolicyFacts } from '../domain/policy/policy.js';
import type { PushEvent } from '../domain/image/push-event.js';
import { matchesTag } from '../domain/image/tag-rule.js';
import { Storage } from '../storage/storage.js';

/** What is configured, which services a push concerns, and what an environment's policy decides. */
@Injectable()
export class EnvironmentsService {
  constructor(
    private readonly configuration: ConfigurationService,
    private readonly storage: Storage,
  ) {}

  /** In the order of the file. */
  all(): readonly Environment[] {
    return this.configuration.current().environments;
  }

  /** @throws DeployError `not-found` */
  environment(name: string): Environment {
    const environment = this.all().find((each) => each.name === name);
    if (environment === undefined) {
      throw new DeployError('not-found', `there is no environment ${JSON.stringify(name)}`);
    }
    return environment;
  }

  /** @throws DeployError `not-found` */
  service(environment: string, name: string): Service {
    const service = this.environment(environment).services.find((each) => each.name === name);
    if (service === undefined) {
      throw new DeployError(
        'not-found',
        `the environment ${environment} has no service ${JSON.stringify(name)}`,
      );
    }
    return service;
  }

  /** Null if it is not, or no longer, configured. */
  findService(environment: string, name: string): Service | null {
    const found = this.all().find((each) => each.name === environment);
    return found?.services.find((each) => each.name === name) ?? null;
  }

  /** The services that a webhook's push concerns: same repository, matching tag, in an environment that the webhook may touch. */
  concernedBy(push: PushEvent, webhook: Webhook): Service[] {
    return this.all()
      .filter(({ name }) => webhook.environments === null || webhook.environments.includes(name))
      .flatMap((environment) => environment.services)
      .filter((service) => service.repository === push.repository)
      .filter((service) => matchesTag(service.tagRule, push.tag))
      .filter((service) => service.policy.promoteFrom === null);
  }

  /** The services to which versions of this service are promoted. */
  promotedFrom(environment: string, service: string): Service[] {
    return this.all()
      .flatMap((each) => each.services)
      .filter(({ policy: { promoteFrom } }) => {
        return promoteFrom?.environment === environment && promoteFrom.service === service;
      });
  }

  /** The freeze in force in an environment; null: none. `now`: milliseconds since 1970. */
  async freeze(environment: string, now: number): Promise<Freeze | null> {
    const manual = await this.storage.freezes.get(environment);
    return freezeInForce(environment, manual, this.configuration.current().freezes, now);
  }

  /**
   * Whether a deployment whose digest is known may start now.
   * @param observed What only engines show: the tag that runs or is being rolled out, and how a promotion's source is doing.
   * @param now Milliseconds since 1970.
   */
  async decide(
    deployment: Deployment,
    service: Service,
    observed: Pick<PolicyFacts, 'currentTag' | 'promotion'>,
    now: number,
  ): Promise<PolicyDecision> {
    const { environment, name } = service;
    const digest = deployment.digest ?? '';
    const facts: PolicyFacts = {
      ...observed,
      rule: service.tagRule,
      policy: service.policy,
      isQuarantined: await this.storage.quarantine.has(environment, name, digest),
      hasRunBefore: (await this.storage.history.digestsThatRan(environment, name)).includes(digest),
      freeze: await this.freeze(environment, now),
    };
    return decide(deployment, facts, now);
  }
}
