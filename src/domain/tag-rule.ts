import { RE2JS } from 're2js';
import semver from 'semver';
import { compileGlob } from './glob.js';

/** Which pushed tags concern a service (CONTRACT: `tag` of a service). */
export type TagRule =
  | { readonly kind: 'exact'; readonly tag: string }
  | { readonly kind: 'semver'; readonly range: string }
  | { readonly kind: 'glob'; readonly pattern: string }
  | { readonly kind: 'regex'; readonly pattern: string };

/**
 * Whether a push of this tag concerns the service at all. A semver rule also answers true for a tag
 * that is no higher than what runs: that is for {@link isUpgrade} to say, with its reason.
 */
export function matchesTag(rule: TagRule, tag: string): boolean {
  switch (rule.kind) {
    case 'exact':
      return rule.tag === tag;
    case 'semver': {
      const version = versionOf(tag);
      return version !== null && semver.satisfies(version, rule.range);
    }
    case 'glob':
      return compileGlob(rule.pattern)(tag);
    case 'regex':
      // Like a glob linear in the length of the tag, whatever the pattern: no tag can stall the server.
      return RE2JS.compile(rule.pattern).matcher(tag).find();
  }
}

/**
 * Whether a tag is a higher version than the one that runs. Where the running tag is unknown or is no
 * version, every matching tag is.
 */
export function isUpgrade(tag: string, runningTag: string | null): boolean {
  const running = runningTag === null ? null : versionOf(runningTag);
  const version = versionOf(tag);
  if (version === null) return false;
  return running === null || semver.gt(version, running);
}

/** The rule as its user wrote it, for the API and for people. */
export function describeTagRule(rule: TagRule): string | Record<string, string> {
  switch (rule.kind) {
    case 'exact':
      return rule.tag;
    case 'semver':
      return { semver: rule.range };
    case 'glob':
      return { glob: rule.pattern };
    case 'regex':
      return { regex: rule.pattern };
  }
}

/** The version in a tag such as `1.4.2` or `v1.4.2`; null where the tag is none. */
function versionOf(tag: string): string | null {
  return semver.valid(tag.startsWith('v') ? tag.slice(1) : tag);
}
