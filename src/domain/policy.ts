import type { Deployment, WaitingFor } from './deployment.js';
import { describeTagRule, isUpgrade, matchesTag, type TagRule } from './tag-rule.js';

export type PolicyDecision =
  | { readonly kind: 'go' }
  | {
      readonly kind: 'wait';
      readonly for: WaitingFor;
      readonly until: string | null;
      readonly reason: string;
    }
  | { readonly kind: 'skip'; readonly reason: string };

/** What a decision is made from, beside the deployment. */
export interface PolicyFacts {
  readonly rule: TagRule;
  readonly isQuarantined: boolean;
  /** Tag of the version that runs or is being rolled out; null where it is unknown. */
  readonly currentTag: string | null;
  /** The digest has run in this service before. */
  readonly hasRunBefore: boolean;
}

/**
 * Whether a deployment whose digest is known may go now (DESIGN section 5; the order is quarantine,
 * freeze, tag rule, promotion, approval, window, delay, of which quarantine and tag rule are there yet).
 * What it does not know it does not deploy.
 */
export function decide(deployment: Deployment, facts: PolicyFacts): PolicyDecision {
  if (deployment.trigger.kind === 'rollback') return { kind: 'go' };
  if (facts.isQuarantined && !deployment.force) {
    return skip(
      `${deployment.digest ?? 'this digest'} is quarantined: it failed in this service before; deploy it by hand with "force" to try again`,
    );
  }
  if (deployment.force) return { kind: 'go' };
  if (!matchesTag(facts.rule, deployment.tag)) {
    const rule = JSON.stringify(describeTagRule(facts.rule));
    return skip(`the tag ${deployment.tag} does not match the rule ${rule}`);
  }
  return deployment.trigger.kind === 'api' ? { kind: 'go' } : decideByTag(deployment, facts);
}

function decideByTag(deployment: Deployment, facts: PolicyFacts): PolicyDecision {
  const { rule, currentTag } = facts;
  // A push of the very tag that runs is a new build of the same version.
  if (rule.kind === 'semver' && deployment.tag !== currentTag) {
    if (isUpgrade(deployment.tag, currentTag)) return { kind: 'go' };
    return skip(`${deployment.tag} is not higher than ${currentTag ?? 'what runs'}`);
  }
  if ((rule.kind === 'glob' || rule.kind === 'regex') && facts.hasRunBefore) {
    return skip(
      'this digest has run in this service before; an old version comes back only by hand',
    );
  }
  return { kind: 'go' };
}

function skip(reason: string): PolicyDecision {
  return { kind: 'skip', reason };
}
