import { NOT_STARTED, type Deployment } from './deployment.js';
import {
  highestMatch,
  isUpgrade,
  matchesTag,
  tagMatcher,
  type TagRule,
} from '../image/tag-rule.js';

/** A rule that may match several tags, so that the tag list has to be requested. */
export type PatternRule = Exclude<TagRule, { readonly kind: 'exact' }>;

/** What a poll compares the tag list with. */
export interface TagListFacts {
  readonly rule: PatternRule;
  /** The registry's list, not ordered by time. */
  readonly tags: readonly string[];
  /** The list of the previous poll; null if there was none since the start. */
  readonly before: ReadonlySet<string> | null;
  /** Tag of what runs or is being rolled out; null if unknown. */
  readonly runningTag: string | null;
}

/**
 * The tags whose digests are to be requested. For `semver` at most one: the highest match, if it is higher than
 * what runs. For `glob` and `regex` the matches that were not in the previous list: the list is not ordered by time,
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

/** The running tag, if it is in the list and still matches, so that a new build of it may be deployed; null otherwise. */
export function rebuildableTag({ rule, tags, runningTag }: TagListFacts): string | null {
  if (runningTag === null || !tags.includes(runningTag)) return null;
  return matchesTag(rule, runningTag) ? runningTag : null;
}

/** What a poll knows of the current digest of a tag. */
export interface PolledDigest {
  readonly rule: TagRule;
  readonly tag: string;
  readonly digest: string;
  /** What runs or is being rolled out, by all its digests. */
  readonly running: readonly string[];
  /** The service's deployments that have not ended. */
  readonly active: readonly Pick<Deployment, 'phase' | 'tag' | 'digest' | 'pinned'>[];
  readonly isQuarantined: boolean;
  /** The service's deployments of this tag, newest first. */
  readonly ofTag: readonly Pick<Deployment, 'digest' | 'pinned'>[];
  /** The digest has run in this service before. */
  readonly hasRunBefore: boolean;
}

/**
 * Why a poll creates no deployment of a digest; null if it creates one. A poll replaces a webhook that did not
 * arrive, so it does not repeat what was decided already: what runs, waits, failed or was refused, and what a person
 * or a later push has replaced since.
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
  if (waits) return 'a deployment of it waits or is under way';
  if (isQuarantined) return 'it is quarantined';
  // A deployment of a requested digest does not show which digest the tag had at the time.
  const last = ofTag.find((each) => !each.pinned && each.digest !== null);
  if (last?.digest === digest) return 'the last deployment of this tag was of it';
  // An exact tag may be moved back; an old version of a pattern's tags is deployed again only manually.
  if (hasRunBefore && (rule.kind !== 'exact' || last === undefined)) {
    return 'it has run in this service before';
  }
  return null;
}
