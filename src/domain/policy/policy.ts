import { isApproved, describeApproval } from './approval.js';
import type { Deployment, WaitingFor } from '../deployment/deployment.js';
import type { Freeze } from './freeze.js';
import type { PolicySettings, PromotionSettings } from '../settings/policy-settings.js';
import { matchesTag, mayFollow, type TagRule } from '../image/tag-rule.js';
import { tagMismatch } from './reasons.js';
import { describeWindow, isAnyOpen, nextOpening } from './windows.js';

export type PolicyDecision =
  | { readonly kind: 'go' }
  | {
      readonly kind: 'wait';
      readonly for: WaitingFor;
      /** RFC 3339, UTC: the latest time of the next decision; null: not before something happens. */
      readonly until: string | null;
      /** A sentence that `until`, if set, completes: see `waitingReason`. */
      readonly reason: string;
      /** RFC 3339, UTC: when the deployment expires if nothing happens; null: this rule sets no deadline. */
      readonly expiresAt: string | null;
    }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'expire'; readonly reason: string };

/** When a held deployment is decided again, and when it expires: RFC 3339, UTC; left out: null. */
interface HeldTimes {
  readonly until?: string | null;
  readonly expiresAt?: string | null;
}

/** Builds the decisions. */
export const PolicyDecision = {
  go: { kind: 'go' },
  held: (waitingFor: WaitingFor, reason: string, { until, expiresAt }: HeldTimes = {}) =>
    ({
      kind: 'wait',
      for: waitingFor,
      until: until ?? null,
      reason,
      expiresAt: expiresAt ?? null,
    }) as const,
  skip: (reason: string) => ({ kind: 'skip', reason }) as const,
  expire: (reason: string) => ({ kind: 'expire', reason }) as const,
} as const;

const { held, skip, expire } = PolicyDecision;

/** The state of the version that is to be promoted, in the environment that it comes from. */
export interface PromotionFacts {
  /** RFC 3339, UTC: when its deployment there succeeded. Null: it did not. */
  readonly succeededAt: string | null;
  /** Whether it runs there and is healthy now; null if that cannot be determined now. */
  readonly isHealthy: boolean | null;
}

/** What a decision is based on, besides the deployment and the time. */
export interface PolicyFacts {
  readonly rule: TagRule;
  readonly policy: PolicySettings;
  readonly isQuarantined: boolean;
  /** Tag of the version that runs or is being rolled out; null if unknown. */
  readonly currentTag: string | null;
  /** The digest has run in this service before. */
  readonly hasRunBefore: boolean;
  /** The freeze that is in force now, if any. */
  readonly freeze: Freeze | null;
  /** Null if the deployment is not a promotion. */
  readonly promotion: PromotionFacts | null;
}

/** What a deployment may wait for once the promotion rule has passed. */
const AFTER_PROMOTION: readonly WaitingFor[] = [
  'approval',
  'window',
  'delay',
  'handler',
  'group',
  'engine',
];

/** Returns null if the rule has no objection to the deployment. */
type Rule = (deployment: Deployment, facts: PolicyFacts, now: number) => PolicyDecision | null;

/** The rules in order of evaluation: the first that objects decides. */
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
 * Whether a deployment whose digest is known may start now. Manual deployments, `force` and rollbacks skip some of
 * the rules: see docs/policy.md. What cannot be determined is not deployed.
 * @param now Milliseconds since 1970.
 */
export function decide(deployment: Deployment, facts: PolicyFacts, now: number): PolicyDecision {
  if (deployment.trigger.kind === 'rollback') return PolicyDecision.go;
  for (const rule of RULES) {
    const decision = rule(deployment, facts, now);
    if (decision !== null) return decision;
  }
  return PolicyDecision.go;
}

function byQuarantine({ digest, force }: Deployment, { isQuarantined }: PolicyFacts) {
  if (!isQuarantined || force) return null;
  return skip(
    `${digest ?? 'this digest'} is quarantined: it failed in this service before; deploy it manually with "force" to try again`,
  );
}

function byFreeze(deployment: Deployment, { freeze }: PolicyFacts) {
  if (freeze === null || isForcedByAdmin(deployment)) return null;
  const { until } = freeze;
  const end = until === null ? 'until it is lifted' : 'which ends';
  return held('freeze', `waits for the end of a freeze (${freeze.reason}), ${end}`, { until });
}

function byTagRule(deployment: Deployment, facts: PolicyFacts) {
  const { rule, currentTag } = facts;
  const { tag, force, trigger, pinned } = deployment;
  if (force) return null;
  if (!matchesTag(rule, tag)) {
    return skip(tagMismatch(tag, rule));
  }
  if (trigger.kind === 'api') return null;
  if (!mayFollow(rule, tag, currentTag)) {
    return skip(`${tag} is not higher than ${currentTag ?? 'what runs'}`);
  }
  // A retried deployment is itself the reason why the digest has run before.
  const isTriedAgain = pinned && trigger.kind !== 'promotion';
  if ((rule.kind === 'glob' || rule.kind === 'regex') && facts.hasRunBefore && !isTriedAgain) {
    return skip(
      'this digest has run in this service before; an old version has to be deployed manually',
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
    return skip(
      `only versions that succeeded in ${nameOf(promoteFrom)} are deployed here, unless deployed manually`,
    );
  }
  if (promoteFrom === null) return skip('promoteFrom is no longer in the configuration');
  if (hasProvedItself(deployment)) return null;
  const { succeededAt, isHealthy } = facts.promotion ?? { succeededAt: null, isHealthy: null };
  if (succeededAt === null) return skip(`it did not succeed in ${nameOf(promoteFrom)}`);
  if (isHealthy === false) return skip(`it did not stay healthy in ${nameOf(promoteFrom)}`);
  const due = Date.parse(succeededAt) + promoteFrom.afterMs;
  // Without `after` there is no wait, even if the clock was set back since.
  if (promoteFrom.afterMs > 0 && now < due) {
    const reason = `waits until it has stayed healthy in ${nameOf(promoteFrom)}, is promoted`;
    return held('promotion', reason, { until: new Date(due).toISOString() });
  }
  if (isHealthy) return null;
  return held('promotion', `waits to learn whether it is healthy in ${nameOf(promoteFrom)}`);
}

/** True once the promotion rule has passed; later waits do not re-check the source. */
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
  if (now >= Date.parse(expiresAt)) return expire(`not approved in time: ${words}`);
  return held('approval', `waits for approval: ${words}`, { expiresAt });
}

function byWindow({ trigger }: Deployment, { policy }: PolicyFacts, now: number) {
  const { windows } = policy;
  if (trigger.kind === 'api' || isAnyOpen(windows, now)) return null;
  const next = nextOpening(windows, now);
  if (next === null) return skip('none of the windows ever opens');
  const reason = `waits for the window ${describeWindow(next.window)}, opens`;
  return held('window', reason, { until: new Date(next.at).toISOString() });
}

function byDelay({ trigger, createdAt, pinned }: Deployment, { policy }: PolicyFacts, now: number) {
  const due = Date.parse(createdAt) + policy.delayMs;
  // A retried deployment has waited already.
  const hasWaited = pinned && trigger.kind !== 'promotion';
  const mustWait = policy.delayMs > 0 && now < due;
  if (trigger.kind === 'api' || hasWaited || !mustWait) return null;
  const until = new Date(due).toISOString();
  return held('delay', 'waits for the delay after the push, starts', { until });
}

/** `force` of an operator is not enough to override freezes and approvals: that takes an admin. */
function isForcedByAdmin({ force, forceRole }: Deployment): boolean {
  return force && forceRole === 'admin';
}

function nameOf({ environment, service }: PromotionSettings): string {
  return `${environment}/${service}`;
}
