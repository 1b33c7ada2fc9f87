import { describeTagRule, type TagRule } from '../image/tag-rule.js';

/** Why a digest is not deployed that the service runs already. */
export function alreadyRunning(digest: string): string {
  return `${digest} is running already`;
}

/** Why a tag is not deployed that the service's rule does not admit. */
export function tagMismatch(tag: string, rule: TagRule): string {
  return `the tag ${tag} does not match the rule ${JSON.stringify(describeTagRule(rule))}`;
}
