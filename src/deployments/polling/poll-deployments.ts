import { Injectable, Logger } from '@nestjs/common';
import type { Service } from '../../domain/settings/environment.js';
import { whyNotPolled } from '../../domain/deployment/poll.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { newDeploymentOf } from '../new-deployment.js';
import { continueIds } from '../new-id.js';
import { Reconcilers } from '../queue/reconcilers.js';

/** How many deployments of a tag are searched for the last one that had the tag's digest. */
const DEPTH = 20;

/** A digest that a poll found under a tag. */
export interface Found {
  readonly tag: string;
  readonly digest: string;
  /** All digests of what runs or is being rolled out. */
  readonly running: readonly string[];
}

/** Turns what polls find into deployments, which from then on are treated like all others. */
@Injectable()
export class PollDeployments {
  readonly #logger = new Logger('Poll');

  constructor(
    private readonly storage: Storage,
    private readonly reconcilers: Reconcilers,
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

  /** @returns whether a deployment was made: not if there is one already, or if the digest was decided on before. */
  async offer(service: Service, found: Found): Promise<boolean> {
    const { environment, name } = service;
    const { tag, digest } = found;
    const whyNot = await whyNotIn(this.storage, service, found);
    if (whyNot !== null) {
      this.#logger.debug({ environment, service: name, msg: `${tag} is ${digest}: ${whyNot}` });
      return false;
    }
    await continueIds(this.storage);
    const trigger = { kind: 'poll', by: environment, delivery: null } as const;
    const deployment = newDeploymentOf(service, { tag, trigger });
    const text = `a poll found that ${service.repository}:${tag} is ${digest}`;
    const isMade = await this.lifecycle.change(async (changes) => {
      // A webhook may have arrived meanwhile.
      if ((await whyNotIn(changes.stored, service, found)) !== null) return false;
      await changes.create(deployment, text);
      return true;
    });
    if (!isMade) return false;
    this.reconcilers.of(environment, name).wake();
    return true;
  }
}

async function whyNotIn(
  stored: Repositories,
  { environment, name, repository, tagRule }: Service,
  { tag, digest, running }: Found,
): Promise<string | null> {
  return whyNotPolled({
    rule: tagRule,
    tag,
    digest,
    running,
    active: await stored.deployments.activeOf(environment, name),
    isQuarantined: await stored.quarantine.has(environment, name, digest),
    ofTag: await stored.deployments.ofTag(
      { environment, service: name, image: repository, tag },
      DEPTH,
    ),
    hasRunBefore: (await stored.history.digestsThatRan(environment, name)).includes(digest),
  });
}
