import { Injectable, Logger } from '@nestjs/common';
import type { Service } from '../../domain/settings/environment.js';
import {
  newTags,
  rebuildableTag,
  type PatternRule,
  type TagListFacts,
} from '../../domain/deployment/poll.js';
import { Storage } from '../../storage/storage.js';
import { PolicyService, type Current } from '../../environments/policy.service.js';
import { keyOf } from './host-poller.js';
import { PollDeployments } from './poll-deployments.js';
import type { PollResult } from './poll-counters.js';
import type { RegistryAnswers } from './registry-answers.js';

/** More new tags than this are not looked up one by one: their order cannot be known anyway. */
const MOST_NEW_TAGS = 20;
/** How many of several tags a message names. */
const MOST_NAMED = 5;

/** What a poll of a service with a pattern keeps for the next one. */
interface LastPoll {
  readonly repository: string;
  readonly tags: ReadonlySet<string>;
  /** Id of the service's newest deployment, whatever its tag. */
  readonly newest: string | null;
}

/** One poll of one service: finds out which of its tags may have moved, and whether that calls for a deployment. */
@Injectable()
export class ServicePoll {
  readonly #logger = new Logger('Poll');
  /** By service, since the start of the process; only services with a pattern. */
  readonly #lastPolls = new Map<string, LastPoll>();

  constructor(
    private readonly storage: Storage,
    private readonly policy: PolicyService,
    private readonly deployments: PollDeployments,
  ) {}

  /**
   * @throws DeployError of the registry, the engine or storage; the reason of the answers' signal..
   */
  async poll(service: Service, answers: RegistryAnswers): Promise<Exclude<PollResult, 'failed'>> {
    const current = await this.policy.currentOrThrow(service);
    // A stopped container stays stopped, and a missing one is created manually.
    if (current === null) return 'same';
    const { tagRule: rule } = service;
    if (rule.kind === 'exact') return this.offer(service, rule.tag, current, answers);
    const last = this.lastPollOf(service);
    const facts: TagListFacts = {
      rule,
      tags: await answers.tags(),
      before: last?.tags ?? null,
      runningTag: current.tag,
    };
    const tag = await this.chooseTag(service, facts, last?.newest ?? null);
    const result = tag === null ? 'same' : await this.offer(service, tag, current, answers);
    if (rule.kind !== 'semver') await this.remember(service, answers);
    return result;
  }

  /** Forgets all services but these. */
  forgetOthers(services: readonly Service[]): void {
    const keys = new Set(services.map(keyOf));
    for (const key of this.#lastPolls.keys()) if (!keys.has(key)) this.#lastPolls.delete(key);
  }

  private async offer(
    service: Service,
    tag: string,
    { digests }: Current,
    answers: RegistryAnswers,
  ): Promise<'changed' | 'same'> {
    const digest = await answers.digestOf(tag);
    const isMade = await this.deployments.offer(service, { tag, digest, running: digests });
    return isMade ? 'changed' : 'same';
  }

  /** The one tag to look up; null if there is none, or if it cannot be known which one is the newest. */
  private async chooseTag(
    service: Service,
    facts: TagListFacts,
    newestBefore: string | null,
  ): Promise<string | null> {
    const found = newTags(facts);
    if (facts.rule.kind === 'semver') return found[0] ?? rebuildableTag(facts);
    const unreported = await this.withoutDeployment(service, found);
    const [only] = unreported;
    if (only === undefined) return rebuildableTag(facts);
    // Anything else that arrived since the previous poll may be newer than the unreported tag.
    const isAlone = found.length === 1 && (await this.newestOf(service)) === newestBefore;
    if (isAlone) return only;
    this.warnOfUnclear(service, facts.rule, unreported);
    return null;
  }

  private async withoutDeployment(
    { environment, name, repository: image }: Service,
    tags: readonly string[],
  ): Promise<readonly string[]> {
    if (tags.length > MOST_NEW_TAGS) return tags;
    const unreported: string[] = [];
    for (const tag of tags) {
      const known = { environment, service: name, image, tag };
      if ((await this.storage.deployments.ofTag(known, 1)).length === 0) unreported.push(tag);
    }
    return unreported;
  }

  private warnOfUnclear(
    { environment, name: service, repository }: Service,
    { kind }: PatternRule,
    tags: readonly string[],
  ): void {
    const more = tags.length > MOST_NAMED ? ` and ${String(tags.length - MOST_NAMED)} more` : '';
    const named = tags.slice(0, MOST_NAMED).join(', ') + more;
    this.#logger.warn({
      environment,
      service,
      msg: `found tags of ${repository} that no push reported, by a ${kind} rule: ${named}. The registry does not say which was pushed last, so none is deployed; deploy the right one manually`,
    });
  }

  private lastPollOf(service: Service): LastPoll | null {
    const last = this.#lastPolls.get(keyOf(service));
    return last?.repository === service.repository ? last : null;
  }

  private async remember(service: Service, answers: RegistryAnswers): Promise<void> {
    const { repository } = service;
    const [tags, newest] = await Promise.all([answers.tagSet(), this.newestOf(service)]);
    this.#lastPolls.set(keyOf(service), { repository, tags, newest });
  }

  private async newestOf({ environment, name }: Service): Promise<string | null> {
    return (await this.storage.deployments.lastOf(environment, name))?.id ?? null;
  }
}
