import type { RegistryClient } from '../../registries/registry-client.js';
import type { TagList } from '../../registries/tag-list.js';

/**
 * What a registry says of one repository during one round of polls: whatever several services ask for is asked
 * for once, and so is what it refuses.
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

  /** The digest that a tag has. @throws DeployError as `RegistryClient.resolveDigest`; the signal's reason */
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

  /** The same as a set, which all services of the round share. */
  tagSet(): Promise<ReadonlySet<string>> {
    return (this.#tagSet ??= this.tags().then((tags) => new Set(tags)));
  }
}
