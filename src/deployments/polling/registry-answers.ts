import { Injectable } from '@nestjs/common';
import { RegistryClient } from '../../registries/registry-client.js';
import { TagList } from '../../registries/tag-list.js';

/** Starts rounds of requests to registries. */
@Injectable()
export class RegistryAsker {
  constructor(
    private readonly registry: RegistryClient,
    private readonly tagList: TagList,
  ) {}

  /** @param repository canonical */
  answersOf(repository: string, signal: AbortSignal): RegistryAnswers {
    return new RegistryAnswers(this.registry, this.tagList, repository, signal);
  }
}

/**
 * A registry's answers about one repository during one round of polls: a question that several services have is asked
 * once, whether it is answered or refused.
 */
export class RegistryAnswers {
  readonly #digests = new Map<string, Promise<string>>();
  #tags: Promise<readonly string[]> | null = null;
  #tagSet: Promise<ReadonlySet<string>> | null = null;

  constructor(
    private readonly registry: RegistryClient,
    private readonly tagList: TagList,
    readonly repository: string,
    readonly signal: AbortSignal,
  ) {}

  /** The current digest of a tag. @throws DeployError as `RegistryClient.resolveDigest`; the signal's reason */
  digestOf(tag: string): Promise<string> {
    const known = this.#digests.get(tag);
    if (known !== undefined) return known;
    const { repository, signal } = this;
    const asked = this.registry
      .resolveDigest(repository, tag, signal, 'polled')
      .then(({ digest }) => digest);
    this.#digests.set(tag, asked);
    return asked;
  }

  /** All tags. @throws DeployError as `TagList.tagsOf`; the signal's reason */
  tags(): Promise<readonly string[]> {
    return (this.#tags ??= this.tagList.tagsOf(this.repository, this.signal, 'polled'));
  }

  /** The same as a set, shared by all services of the round. */
  tagSet(): Promise<ReadonlySet<string>> {
    return (this.#tagSet ??= this.tags().then((tags) => new Set(tags)));
  }
}
