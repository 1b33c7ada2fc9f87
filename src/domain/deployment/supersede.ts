import { isManual, type Deployment } from './deployment.js';
import { prefers, type TagRule } from '../image/tag-rule.js';

/**
 * Whether, of two deployments of a service that wait, the first one takes the place of the second: of two pushes
 * the one whose tag the rule prefers, else the newer. What a person asked for goes by its time alone. One that is
 * let go with its group keeps its place there, but for what a person asks for.
 */
export function supersedes(
  rule: TagRule,
  one: Pick<Deployment, 'id' | 'tag' | 'trigger' | 'group'>,
  other: Pick<Deployment, 'id' | 'tag' | 'trigger' | 'group'>,
): boolean {
  if (one.group !== null) return false;
  if (other.group !== null && !isManual(one)) return false;
  if (!isManual(one) && !isManual(other)) {
    if (prefers(rule, one.tag, other.tag)) return true;
    if (prefers(rule, other.tag, one.tag)) return false;
  }
  return one.id > other.id;
}
