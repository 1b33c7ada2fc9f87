import { RE2JS } from 're2js';
import semver from 'semver';
import { compileGlob } from './glob.js';

/** Glob patterns of tags that never match; left out: none. */
interface Ignoring {
  readonly ignore?: readonly string[];
}

/** Which pushed tags concern a service. */
export type TagRule =
  | { readonly kind: 'exact'; readonly tag: string }
  | (Ignoring & {
      readonly kind: 'semver';
      readonly range: string;
      /** A lower version may follow a higher one: the latest push is deployed. Left out: never a lower version. */
      readonly allowDowngrade?: boolean;
    })
  | (Ignoring & { readonly kind: 'glob'; readonly pattern: string })
  | (Ignoring & { readonly kind: 'regex'; readonly pattern: string });

/** A rule as the user wrote it; `ignore` is always a list. */
export type WrittenTagRule =
  string | Readonly<Record<string, string | boolean | readonly string[]>>;

/**
 * Whether a push of this tag concerns the service at all. A semver rule also matches a tag that is no
 * higher than the running one: {@link mayFollow} decides about that.
 */
export function matchesTag(rule: TagRule, tag: string): boolean {
  return tagMatcher(rule)(tag);
}

/** {@link matchesTag} for many tags: the patterns are compiled once. */
export function tagMatcher(rule: TagRule): (tag: string) => boolean {
  if (rule.kind === 'exact') return (tag) => rule.tag === tag;
  const matches = patternMatcher(rule);
  const ignored = (rule.ignore ?? []).map(compileGlob);
  return (tag) => matches(tag) && !ignored.some((isIgnored) => isIgnored(tag));
}

/**
 * Whether a tag is a higher version than the running one. If the running tag is unknown or is not a
 * version, every version is.
 */
export function isUpgrade(tag: string, runningTag: string | null): boolean {
  const running = runningTag === null ? null : versionOf(runningTag);
  const version = versionOf(tag);
  if (version === null) return false;
  return running === null || semver.gt(version, running);
}

/**
 * Whether the rule lets a pushed tag that matches replace the running one. The running tag itself may:
 * a push of it is a new build of the same version.
 */
export function mayFollow(rule: TagRule, tag: string, runningTag: string | null): boolean {
  if (rule.kind !== 'semver' || rule.allowDowngrade === true) return true;
  return tag === runningTag || isUpgrade(tag, runningTag);
}

/**
 * Whether, of two waiting pushed tags, the left one wins regardless of which was pushed first: it is the
 * higher version under a rule that never goes down. If neither is preferred, the newer push wins.
 */
export function prefers(rule: TagRule, left: string, right: string): boolean {
  if (rule.kind !== 'semver' || rule.allowDowngrade === true) return false;
  const [one, other] = [versionOf(left), versionOf(right)];
  return one !== null && other !== null && semver.gt(one, other);
}

/** The highest of the tags that a semver rule matches, the first of equal ones; null if none matches. */
export function highestMatch(
  rule: TagRule & { readonly kind: 'semver' },
  tags: Iterable<string>,
): string | null {
  const matches = tagMatcher(rule);
  let highest: string | null = null;
  for (const tag of tags) {
    if (matches(tag) && (highest === null || isUpgrade(tag, highest))) highest = tag;
  }
  return highest;
}

/** The rule as the user wrote it, for the API and for messages. */
export function describeTagRule(rule: TagRule): WrittenTagRule {
  switch (rule.kind) {
    case 'exact':
      return rule.tag;
    case 'semver':
      return {
        semver: rule.range,
        ...(rule.allowDowngrade === undefined ? {} : { allowDowngrade: rule.allowDowngrade }),
        ...writtenIgnore(rule),
      };
    case 'glob':
      return { glob: rule.pattern, ...writtenIgnore(rule) };
    case 'regex':
      return { regex: rule.pattern, ...writtenIgnore(rule) };
  }
}

function writtenIgnore({ ignore }: Ignoring): Ignoring {
  return ignore === undefined ? {} : { ignore };
}

function patternMatcher(rule: Exclude<TagRule, { kind: 'exact' }>): (tag: string) => boolean {
  switch (rule.kind) {
    case 'semver': {
      const range = new semver.Range(rule.range);
      return (tag) => {
        const version = versionOf(tag);
        return version !== null && range.test(version);
      };
    }
    case 'glob':
      return compileGlob(rule.pattern);
    case 'regex': {
      // RE2 takes linear time in the length of the tag, whatever the pattern: no tag can stall the server.
      const expression = RE2JS.compile(rule.pattern);
      return (tag) => expression.matcher(tag).find();
    }
  }
}

/** The version in a tag such as `1.4.2` or `v1.4.2`; null if the tag is not a version. */
function versionOf(tag: string): string | null {
  return semver.valid(tag.startsWith('v') ? tag.slice(1) : tag);
}
