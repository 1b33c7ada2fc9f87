import { isManual, type Deployment } from './deployment.js';
import { prefers, type TagRule } from '../image/tag-rule.js';

/**
 * Whether, of two waiting deployments of a service, `one` supersedes `other`: of two pushes the one whose tag the rule
 * prefers, otherwise the newer. A manual deployment is compared by time only. A deployment that was released with its
 * group keeps its position, unless a manual deployment supersedes it.
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
