import { Injectable, Logger } from '@nestjs/common';
import { UNDER_WAY } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import {
  newTags,
  rebuildableTag,
  type PatternRule,
  type TagListFacts,
} from '../../domain/deployment/poll.js';
import { Storage } from '../../storage/storage.js';
import type { Current } from '../../environments/policy.service.js';
import { ServiceInspector } from '../../environments/service-inspector.js';
import { keyOf } from './host-poller.js';
import { PollDeployments } from './poll-deployments.js';
import type { PollResult } from './poll-counters.js';
import type { RegistryAnswers } from './registry-answers.js';

/** More new tags than that are not looked up one by one: their order cannot be known anyway. */
const MOST_NEW_TAGS = 20;
/** Of several tags, how many a message names. */
const MOST_NAMED = 5;

/** What a poll keeps for the next one of a service with a pattern. */
interface LastPoll {
  readonly repository: string;
  readonly tags: ReadonlySet<string>;
  /** Id of the newest deployment of the service, of whatever tag. */
  readonly newest: string | null;
}

/** One look at one service: which of its tags may have moved, and whether that is worth a deployment. */
@Injectable()
export class ServicePoll {
  readonly #logger = new Logger('Poll');
  /** By service, since the start of the process; of patterns alone. */
  readonly #lastPolls = new Map<string, LastPoll>();

  constructor(
    private readonly storage: Storage,
    private readonly inspector: ServiceInspector,
    private readonly deployments: PollDeployments,
  ) {}

  /**
   * @throws DeployError of the registry, the engine or storage; the reason of the answers' signal
   */
  async look(service: Service, answers: RegistryAnswers): Promise<Exclude<PollResult, 'failed'>> {
    const current = await this.current(service);
    // What was stopped stays stopped, and what is missing is for a person to make.
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

  /** Forgets the services that are not among these. */
  forgetOthers(services: readonly Service[]): void {
    const keys = new Set(services.map(keyOf));
    for (const key of this.#lastPolls.keys()) if (!keys.has(key)) this.#lastPolls.delete(key);
  }

  /** Null where nothing runs. */
  private async current(service: Service): Promise<Current | null> {
    const active = await this.storage.deployments.activeOf(service.environment, service.name);
    const underWay = active.find((each) => UNDER_WAY.includes(each.phase));
    if (underWay?.digest != null) return { digests: [underWay.digest], tag: underWay.tag };
    const { running, digests } = await this.inspector.inspect(service);
    return running === null ? null : { digests, tag: running.tag };
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

  /** The one tag to look at; null where there is none, or where it cannot be known which one is the newest. */
  private async chooseTag(
    service: Service,
    facts: TagListFacts,
    newestBefore: string | null,
  ): Promise<string | null> {
    const found = newTags(facts);
    if (facts.rule.kind === 'semver') return found[0] ?? rebuildableTag(facts);
    const untold = await this.withoutDeployment(service, found);
    const [only] = untold;
    if (only === undefined) return rebuildableTag(facts);
    // Whatever else came since the poll before may have come later than the one that nobody told of.
    const isAlone = found.length === 1 && (await this.newestOf(service)) === newestBefore;
    if (isAlone) return only;
    this.warnOfUnclear(service, facts.rule, untold);
    return null;
  }

  private async withoutDeployment(
    { environment, name, repository: image }: Service,
    tags: readonly string[],
  ): Promise<readonly string[]> {
    if (tags.length > MOST_NEW_TAGS) return tags;
    const untold: string[] = [];
    for (const tag of tags) {
      const known = { environment, service: name, image, tag };
      if ((await this.storage.deployments.ofTag(known, 1)).length === 0) untold.push(tag);
    }
    return untold;
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
      msg: `found tags of ${repository} that no push told of, by a ${kind} rule: ${named}. The registry does not tell which push was the last, so none is deployed; deploy the right one by hand`,
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
