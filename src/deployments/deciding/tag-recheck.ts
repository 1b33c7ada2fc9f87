import { Injectable } from '@nestjs/common';
import {
  newDeployment,
  NOT_STARTED,
  type Deployment,
  type Phase,
  isManual,
} from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { movesInGroup } from '../../domain/deployment/group.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { Recheck } from '../../storage/repositories/recheck.repository.js';
import { Storage } from '../../storage/storage.js';
import { PolicyService } from '../../environments/policy.service.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { DigestLookup } from './digest-lookup.js';
import { newDeploymentOf } from '../new-deployment.js';
import { newId } from '../new-id.js';

/** How many deployments of a tag are looked at for the last one whose digest was the tag's. */
const DEPTH = 20;
/** What became of a version that a group left behind. */
const DECIDED: readonly Phase[] = ['cancelled', 'rejected', 'expired', 'succeeded'];

/** Looks whether tags have moved since they were looked up. */
@Injectable()
export class TagRecheck {
  constructor(
    private readonly storage: Storage,
    private readonly lookup: DigestLookup,
    private readonly environments: EnvironmentsService,
    private readonly policy: PolicyService,
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

  /**
   * The look before the start: where the tag has moved, a deployment of what it names now takes the
   * place. A registry that does not answer changes nothing. A deployment that was released with its group keeps its digest.
   */
  async hasMoved(deployment: Deployment, signal: AbortSignal): Promise<boolean> {
    if (deployment.pinned || deployment.group !== null) return false;
    const digest = await this.lookup.digestNow(deployment, signal);
    if (digest === null || digest === deployment.digest) return false;
    const { environment, service, image, tag, trigger, force, forceRole, strategy } = deployment;
    const successor = newDeployment(
      { id: newId(), environment, service, image, tag, trigger, force, forceRole, strategy },
      new Date().toISOString(),
    );
    await this.lifecycle.change(async (changes) => {
      const now = await changes.stored.deployments.get(deployment.id);
      // Another has looked at the same time, or it was released meanwhile.
      if (now === null || now.group !== null || !NOT_STARTED.includes(now.phase)) return;
      const text = `the tag has moved to ${digest}`;
      await changes.create(successor, `${text}: takes the place of ${deployment.id}`);
      await changes.supersede(
        deployment.id,
        successor.id,
        deployment.digest,
        `${text}: ${successor.id}`,
      );
      if (trigger.delivery === null) return;
      await changes.stored.deliveries.link(trigger.delivery, successor.id);
    });
    return true;
  }

  /**
   * The look that a duplicate asked for: a digest that neither runs nor is quarantined is deployed, but for one that its
   * group did not move to, or came back from.
   */
  async lookOnceMore(recheck: Recheck, service: Service, signal: AbortSignal): Promise<void> {
    const { environment, service: name, image, tag, webhook, delivery } = recheck;
    const trigger = { kind: 'webhook', by: webhook, delivery } as const;
    const asked = newDeploymentOf(service, { image, tag, trigger });
    const digest = await this.lookup.digestNow(asked, signal);
    const { digests } = await this.policy.current(service);
    const isKnown =
      digest === null ||
      digests.includes(digest) ||
      (await this.storage.quarantine.has(environment, name, digest)) ||
      (await this.wasDecided(asked, digest));
    await this.lifecycle.change(async (changes) => {
      const { stored } = changes;
      await stored.rechecks.remove(environment, name, tag);
      if (isKnown) return;
      await changes.create(asked, `duplicate delivery ${delivery}: ${tag} is ${digest} now`);
      await stored.deliveries.link(delivery, asked.id);
    });
  }

  private async wasDecided(asked: Deployment, digest: string): Promise<boolean> {
    const { group } = this.environments.environment(asked.environment);
    if (!movesInGroup(asked, group)) return false;
    const ofTag = await this.storage.deployments.ofTag(asked, DEPTH);
    const last = ofTag.find((each) => each.digest !== null && !isManual(each));
    return last?.digest === digest && DECIDED.includes(last.phase);
  }
}
