import { isApproved, describeApproval } from './approval.js';
import type { Deployment, WaitingFor } from '../deployment/deployment.js';
import type { Freeze } from './freeze.js';
import type { PolicySettings, PromotionSettings } from '../settings/policy-settings.js';
import { describeTagRule, matchesTag, mayFollow, type TagRule } from '../image/tag-rule.js';
import { describeWindow, isAnyOpen, nextOpening } from './windows.js';

export type PolicyDecision =
  | { readonly kind: 'go' }
  | {
      readonly kind: 'wait';
      readonly for: WaitingFor;
      /** RFC 3339, UTC: when it is decided again at the latest; null: when something happens. */
      readonly until: string | null;
      /** A sentence that `until`, where there is one, completes: see `waitingReason`. */
      readonly reason: string;
      /** RFC 3339, UTC: when the deployment expires if nothing happens; null: never by this rule. */
      readonly expiresAt: string | null;
    }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'expire'; readonly reason: string };

/** How the version that is to be promoted does where it succeeded. */
export interface PromotionFacts {
  /** RFC 3339, UTC: when its deployment there succeeded. Null: it did not. */
  readonly succeededAt: string | null;
  /** Whether it runs there and is healthy now; null where that cannot be known now. */
  readonly isHealthy: boolean | null;
}

/** What a decision is made from, beside the deployment and the time. */
export interface PolicyFacts {
  readonly rule: TagRule;
  readonly policy: PolicySettings;
  readonly isQuarantined: boolean;
  /** Tag of the version that runs or is being rolled out; null where it is unknown. */
  readonly currentTag: string | null;
  /** The digest has run in this service before. */
  readonly hasRunBefore: boolean;
  /** The one that is in force now, if any. */
  readonly freeze: Freeze | null;
  /** Null where the deployment is no promotion. */
  readonly promotion: PromotionFacts | null;
}

/** What is waited for once promotion has nothing against a deployment. */
const AFTER_PROMOTION: readonly WaitingFor[] = [
  'approval',
  'window',
  'delay',
  'handler',
  'group',
  'engine',
];

/** Says null where a rule has nothing against the deployment. */
type Rule = (deployment: Deployment, facts: PolicyFacts, now: number) => PolicyDecision | null;

/** The rules in the order in which they are asked: the first that objects decides. */
const RULES: readonly Rule[] = [
  byQuarantine,
  byFreeze,
  byTagRule,
  byPromotion,
  byApproval,
  byWindow,
  byDelay,
];

/**
 * Whether a deployment whose digest is known may go now (CONTRACT section 4: what by hand, `force` and rollbacks skip).
 * What it does not know it does not deploy.
 * @param now Milliseconds since 1970.
 */
export function decide(deployment: Deployment, facts: PolicyFacts, now: number): PolicyDecision {
  if (deployment.trigger.kind === 'rollback') return { kind: 'go' };
  for (const rule of RULES) {
    const decision = rule(deployment, facts, now);
    if (decision !== null) return decision;
  }
  return { kind: 'go' };
}

function byQuarantine({ digest, force }: Deployment, { isQuarantined }: PolicyFacts) {
  if (!isQuarantined || force) return null;
  return skip(
    `${digest ?? 'this digest'} is quarantined: it failed in this service before; deploy it by hand with "force" to try again`,
  );
}

function byFreeze(deployment: Deployment, { freeze }: PolicyFacts) {
  if (freeze === null || isForcedByAdmin(deployment)) return null;
  const end = freeze.until === null ? 'until somebody ends it' : 'which ends';
  return wait('freeze', freeze.until, `waits for the end of a freeze (${freeze.reason}), ${end}`);
}

function byTagRule(deployment: Deployment, facts: PolicyFacts) {
  const { rule, currentTag } = facts;
  const { tag, force, trigger, pinned } = deployment;
  if (force) return null;
  if (!matchesTag(rule, tag)) {
    return skip(`the tag ${tag} does not match the rule ${JSON.stringify(describeTagRule(rule))}`);
  }
  if (trigger.kind === 'api') return null;
  if (!mayFollow(rule, tag, currentTag)) {
    return skip(`${tag} is not higher than ${currentTag ?? 'what runs'}`);
  }
  // One that is tried again is why it has run before.
  const isTriedAgain = pinned && trigger.kind !== 'promotion';
  if ((rule.kind === 'glob' || rule.kind === 'regex') && facts.hasRunBefore && !isTriedAgain) {
    return skip(
      'this digest has run in this service before; an old version comes back only by hand',
    );
  }
  return null;
}

function byPromotion(deployment: Deployment, facts: PolicyFacts, now: number) {
  const { trigger } = deployment;
  const { promoteFrom } = facts.policy;
  if (trigger.kind === 'api') return null;
  if (trigger.kind !== 'promotion') {
    if (promoteFrom === null) return null;
    return skip(`only what succeeded in ${nameOf(promoteFrom)} comes here, and deploys by hand`);
  }
  if (promoteFrom === null) return skip('promoteFrom is no longer in the configuration');
  if (hasProvedItself(deployment)) return null;
  const { succeededAt, isHealthy } = facts.promotion ?? { succeededAt: null, isHealthy: null };
  if (succeededAt === null) return skip(`it did not succeed in ${nameOf(promoteFrom)}`);
  if (isHealthy === false) return skip(`it did not stay healthy in ${nameOf(promoteFrom)}`);
  const due = Date.parse(succeededAt) + promoteFrom.afterMs;
  // What need not wait does not, also where the clock was set back since.
  if (promoteFrom.afterMs > 0 && now < due) {
    const reason = `waits for ${nameOf(promoteFrom)}, where it has to stay healthy, and is promoted`;
    return wait('promotion', new Date(due).toISOString(), reason);
  }
  if (isHealthy) return null;
  return wait('promotion', null, `waits for word of how it does in ${nameOf(promoteFrom)}`);
}

/** A promotion that waits for a later rule, or for its turn, was let go by this one: what comes after is not its matter. */
function hasProvedItself({ phase, waitingFor }: Deployment): boolean {
  return phase === 'queued' || (waitingFor !== null && AFTER_PROMOTION.includes(waitingFor));
}

function byApproval(deployment: Deployment, { policy }: PolicyFacts, now: number) {
  const { approval } = policy;
  if (approval === null || isForcedByAdmin(deployment) || isApproved(deployment, approval)) {
    return null;
  }
  const expiresAt = deployment.expiresAt ?? new Date(now + approval.expiresMs).toISOString();
  const words = describeApproval(deployment, approval);
  if (now >= Date.parse(expiresAt))
    return { kind: 'expire', reason: `not approved in time: ${words}` } as const;
  return { ...wait('approval', null, `waits for approval: ${words}`), expiresAt };
}

function byWindow({ trigger }: Deployment, { policy }: PolicyFacts, now: number) {
  const { windows } = policy;
  if (trigger.kind === 'api' || isAnyOpen(windows, now)) return null;
  const next = nextOpening(windows, now);
  if (next === null) return skip('none of the windows ever opens');
  const reason = `waits for the window ${describeWindow(next.window)}, opens`;
  return wait('window', new Date(next.at).toISOString(), reason);
}

function byDelay({ trigger, createdAt, pinned }: Deployment, { policy }: PolicyFacts, now: number) {
  const due = Date.parse(createdAt) + policy.delayMs;
  // One that is tried again has waited already.
  const hasWaited = pinned && trigger.kind !== 'promotion';
  const mustWait = policy.delayMs > 0 && now < due;
  if (trigger.kind === 'api' || hasWaited || !mustWait) return null;
  return wait('delay', new Date(due).toISOString(), 'waits for the delay after the push, goes');
}

/** `force` alone is no word of an admin: freezes and approvals need that. */
function isForcedByAdmin({ force, forceRole }: Deployment): boolean {
  return force && forceRole === 'admin';
}

function nameOf({ environment, service }: PromotionSettings): string {
  return `${environment}/${service}`;
}

function wait(waitingFor: WaitingFor, until: string | null, reason: string) {
  return { kind: 'wait', for: waitingFor, until, reason, expiresAt: null } as const;
}

function skip(reason: string): PolicyDecision {
  return { kind: 'skip', reason };
}
