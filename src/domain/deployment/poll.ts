import { NOT_STARTED, type Deployment } from './deployment.js';
import {
  highestMatch,
  isUpgrade,
  matchesTag,
  tagMatcher,
  type TagRule,
} from '../image/tag-rule.js';

/** A rule that one tag is not enough for: which tags there are has to be asked. */
export type PatternRule = Exclude<TagRule, { readonly kind: 'exact' }>;

/** What a poll compares the tag list with. */
export interface TagListFacts {
  readonly rule: PatternRule;
  /** The registry's list, in no order of time. */
  readonly tags: readonly string[];
  /** The list of the poll before; null where there was none since the start. */
  readonly before: ReadonlySet<string> | null;
  /** Tag of what runs or is being rolled out; null where it is unknown. */
  readonly runningTag: string | null;
}

/**
 * The tags whose digest is worth asking for. Of `semver` that is at most one: the highest match that is higher
 * than what runs. Of `glob` and `regex` those that were not in the list before: the list has no order of time,
 * so a tag that was there already may be older than what runs.
 */
export function newTags({ rule, tags, before, runningTag }: TagListFacts): readonly string[] {
  if (rule.kind === 'semver') {
    const highest = highestMatch(rule, tags);
    return highest !== null && isUpgrade(highest, runningTag) ? [highest] : [];
  }
  if (before === null) return [];
  const matches = tagMatcher(rule);
  return tags.filter((tag) => !before.has(tag) && tag !== runningTag && matches(tag));
}

/** The tag that runs, where its rule lets a new build of it go; null else. */
export function rebuildableTag({ rule, tags, runningTag }: TagListFacts): string | null {
  if (runningTag === null || !tags.includes(runningTag)) return null;
  return matchesTag(rule, runningTag) ? runningTag : null;
}

/** What a poll knows of a digest that a tag has now. */
export interface PolledDigest {
  readonly rule: TagRule;
  readonly tag: string;
  readonly digest: string;
  /** What runs or is being rolled out, by all its digests. */
  readonly running: readonly string[];
  /** The service's deployments that have not ended. */
  readonly active: readonly Pick<Deployment, 'phase' | 'tag' | 'digest' | 'pinned'>[];
  readonly isQuarantined: boolean;
  /** The service's deployments of this tag, the newest first. */
  readonly ofTag: readonly Pick<Deployment, 'digest' | 'pinned'>[];
  /** The digest has run in this service before. */
  readonly hasRunBefore: boolean;
}

/**
 * Why a poll makes no deployment of a digest; null where it makes one. A poll stands in for a push of which
 * nobody told, so it leaves alone whatever was decided already: what runs, what waits, what failed or was
 * refused, and what a person or a later push has replaced since.
 */
export function whyNotPolled(facts: PolledDigest): string | null {
  const { rule, tag, digest, running, active, isQuarantined, ofTag, hasRunBefore } = facts;
  if (running.includes(digest)) return 'it runs';
  const waits = active.some(
    (each) =>
      each.digest === digest ||
      (NOT_STARTED.includes(each.phase) &&
        !each.pinned &&
        each.tag === tag &&
        each.digest === null),
  );
  if (waits) return 'a deployment of it is under way or waits';
  if (isQuarantined) return 'it is quarantined';
  // A digest that was asked for as such says nothing of what the tag had then.
  const last = ofTag.find((each) => !each.pinned && each.digest !== null);
  if (last?.digest === digest) return 'the last deployment of this tag was of it';
  // An exact tag may be moved back; of a pattern's tags an old version comes back only by hand.
  if (hasRunBefore && (rule.kind !== 'exact' || last === undefined)) {
    return 'it has run in this service before';
  }
  return null;
}
