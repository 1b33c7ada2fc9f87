import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployment/deployment.js';
import type { Freeze } from './freeze.js';
import { decide, type PolicyDecision, type PolicyFacts } from './policy.js';
import { DAYS, NO_POLICY, type PolicySettings } from '../settings/policy-settings.js';
import { aDeployment, DIGEST, NOON, policyFacts } from '../testing/builders.js';
import { waitingReason } from '../deployment/waiting-reason.js';

const MANUAL = { kind: 'api', by: 'ci', delivery: null } as const;
const ROLLBACK = { kind: 'rollback', by: 'ci', delivery: null } as const;
const NOW = Date.parse(NOON);

const at = (text: string): number => Date.parse(text);
const ANNA = { by: 'anna', at: NOON };
const BEN = { by: 'ben', at: NOON };
const APPROVAL = { required: 1, of: null, expiresMs: 3_600_000 };
const BY_PROMOTION = { kind: 'promotion', by: 'staging', delivery: null } as const;
const FROM_STAGING = { environment: 'staging', service: 'web', afterMs: 1_800_000 };
const NIGHT: PolicySettings['windows'] = [
  { days: DAYS, from: 22 * 60, to: 24 * 60, timezone: 'UTC' },
];
const FREEZE: Freeze = { reason: 'sale', until: null, by: 'anna', since: NOON };

function held(
  deployment: Partial<Deployment>,
  facts: Partial<Omit<PolicyFacts, 'policy'>> & { policy?: Partial<PolicySettings> },
  now = NOW,
) {
  const policy = { ...NO_POLICY, ...facts.policy };
  return decide(
    aDeployment({ digest: DIGEST, ...deployment }),
    policyFacts({ ...facts, policy }),
    now,
  );
}

describe('a delay', () => {
  const policy = { delayMs: 600_000 };

  it('counts from the push', () => {
    expect(held({}, { policy })).toMatchObject({
      kind: 'wait',
      for: 'delay',
      until: '2026-01-01T12:10:00.000Z',
    });
    expect(held({}, { policy }, NOW + 599_999).kind).toBe('wait');
    expect(held({}, { policy }, NOW + 600_000).kind).toBe('go');
  });

  it('of zero is not waited for, even if the clock was set back since the push', () => {
    expect(held({}, {}, NOW - 3_600_000).kind).toBe('go');
    const promotion = { succeededAt: NOON, isHealthy: true };
    const at0 = { promoteFrom: { ...FROM_STAGING, afterMs: 0 } };
    const trigger = BY_PROMOTION;
    expect(held({ trigger }, { policy: at0, promotion }, NOW - 3_600_000).kind).toBe('go');
  });

  it('is skipped by a manual deployment, and not waited for twice by a retried one', () => {
    expect(held({ trigger: MANUAL }, { policy }).kind).toBe('go');
    expect(held({ pinned: true }, { policy }).kind).toBe('go');
  });
});

describe('a window', () => {
  const policy = { windows: NIGHT };

  it('holds a deployment until it opens, with a human-readable reason', () => {
    const decision = held({}, { policy });
    expect(decision).toMatchObject({ for: 'window', until: '2026-01-01T22:00:00.000Z' });
    expect(reasonAtNoon(decision)).toBe(
      'waits for the window every day 22:00–24:00 UTC, opens in 10 h',
    );
    expect(held({}, { policy }, at('2026-01-01T22:00:00Z')).kind).toBe('go');
  });

  it('is skipped by a manual deployment', () => {
    expect(held({ trigger: MANUAL }, { policy }).kind).toBe('go');
  });
});

describe('a freeze', () => {
  it('holds everything except rollbacks and what an admin forces', () => {
    const facts = { freeze: FREEZE };
    expect(held({}, facts)).toMatchObject({ for: 'freeze', until: null });
    expect(reasonAtNoon(held({}, facts))).toMatch(/freeze \(sale\), until it is lifted$/);
    expect(held({ trigger: MANUAL }, facts).kind).toBe('wait');
    expect(held({ trigger: MANUAL, force: true, forceRole: 'operator' }, facts).kind).toBe('wait');
    expect(held({ trigger: MANUAL, force: true, forceRole: 'admin' }, facts).kind).toBe('go');
    expect(held({ trigger: ROLLBACK }, facts).kind).toBe('go');
  });

  it('shows its end', () => {
    const freeze = { ...FREEZE, until: '2026-01-01T14:30:00.000Z' };
    expect(reasonAtNoon(held({}, { freeze }))).toMatch(/which ends in 2 h 30 min$/);
  });
});

describe('an approval', () => {
  const policy = { approval: APPROVAL };

  it('holds a deployment until enough have approved, and expires it an hour after it began to wait', () => {
    expect(held({}, { policy })).toMatchObject({
      for: 'approval',
      until: null,
      expiresAt: '2026-01-01T13:00:00.000Z',
    });
    expect(held({ approvals: [ANNA] }, { policy }).kind).toBe('go');
    const waiting = { expiresAt: '2026-01-01T13:00:00.000Z' };
    expect(held(waiting, { policy }, at('2026-01-01T12:59:59Z')).kind).toBe('wait');
    expect(held(waiting, { policy }, at('2026-01-01T13:00:00Z'))).toMatchObject({
      kind: 'expire',
      reason: 'not approved in time: 0 of 1 approved; every operator may approve',
    });
  });

  it('takes different people from among those who may approve', () => {
    const two = { approval: { ...APPROVAL, required: 2, of: ['anna', 'ben'] } };
    const [carl] = [{ by: 'carl', at: NOON }];
    expect(held({ approvals: [ANNA, ANNA] }, { policy: two }).kind).toBe('wait');
    expect(held({ approvals: [ANNA, carl] }, { policy: two })).toMatchObject({
      reason: 'waits for approval: 1 of 2 approved (anna); ben may approve',
    });
    expect(held({ approvals: [ANNA, BEN] }, { policy: two }).kind).toBe('go');
  });

  it('is needed by a manual deployment too, from someone other than its maker', () => {
    const trigger = { ...MANUAL, by: 'anna' };
    expect(held({ trigger, approvals: [ANNA] }, { policy }).kind).toBe('wait');
    expect(held({ trigger, approvals: [BEN] }, { policy }).kind).toBe('go');
    expect(held({ trigger, force: true, forceRole: 'operator' }, { policy }).kind).toBe('wait');
    expect(held({ trigger, force: true, forceRole: 'admin' }, { policy }).kind).toBe('go');
  });
});

describe('a promotion', () => {
  const policy = { promoteFrom: FROM_STAGING };
  const proved = { succeededAt: NOON, isHealthy: true };
  const trigger = BY_PROMOTION;

  it('waits until the version has stayed healthy long enough in its source environment', () => {
    const decision = held({ trigger }, { policy, promotion: proved });
    expect(decision).toMatchObject({ for: 'promotion', until: '2026-01-01T12:30:00.000Z' });
    expect(held({ trigger }, { policy, promotion: proved }, NOW + 1_800_000).kind).toBe('go');
  });

  it('is skipped if the version did not stay healthy, or never succeeded', () => {
    const sick = { ...proved, isHealthy: false };
    expect(held({ trigger }, { policy, promotion: sick })).toEqual({
      kind: 'skip',
      reason: 'it did not stay healthy in staging/web',
    });
    const unknown = { succeededAt: null, isHealthy: null };
    expect(held({ trigger }, { policy, promotion: unknown }).kind).toBe('skip');
    expect(held({ trigger }, { promotion: proved }).kind).toBe('skip');
  });

  it('is not checked again once it waits for a later rule, or for its turn', () => {
    const promotion = { ...proved, isHealthy: false };
    for (const state of [
      { waitingFor: 'approval' },
      { waitingFor: 'window' },
      { waitingFor: 'delay' },
      { waitingFor: 'engine' },
      { phase: 'queued', waitingFor: null },
    ] as const) {
      expect(held({ trigger, ...state }, { policy, promotion }).kind, JSON.stringify(state)).toBe(
        'go',
      );
    }
    expect(held({ trigger, waitingFor: 'promotion' }, { policy, promotion }).kind).toBe('skip');
  });

  it('keeps waiting if the health of the version cannot be determined', () => {
    const silent = { ...proved, isHealthy: null };
    expect(held({ trigger }, { policy, promotion: silent }, NOW + 1_800_000)).toMatchObject({
      kind: 'wait',
      for: 'promotion',
      until: null,
    });
  });

  it('is the only way in, apart from manual deployments', () => {
    expect(held({}, { policy }).kind).toBe('skip');
    expect(held({ trigger: MANUAL }, { policy }).kind).toBe('go');
  });

  it('is subject to the other rules too', () => {
    const both = { promoteFrom: { ...FROM_STAGING, afterMs: 0 }, windows: NIGHT };
    const promotion = proved;
    expect(held({ trigger }, { policy: both, promotion })).toMatchObject({ for: 'window' });
    expect(held({ trigger, tag: 'next' }, { policy, promotion }).kind).toBe('skip');
  });
});

describe('several rules', () => {
  const everything = {
    policy: {
      delayMs: 1_000,
      windows: NIGHT,
      approval: APPROVAL,
      promoteFrom: FROM_STAGING,
    },
    promotion: { succeededAt: NOON, isHealthy: true },
    freeze: FREEZE,
    isQuarantined: true,
  };
  const trigger = BY_PROMOTION;

  it('are evaluated in the order quarantine, freeze, tag rule, promotion, approval, window, delay', () => {
    const { policy, freeze: _freeze, isQuarantined: _quarantined, ...rest } = everything;
    const first = (facts: Parameters<typeof held>[1], tag = 'latest'): string => {
      const decision = held({ trigger, tag }, facts);
      return decision.kind === 'wait' ? decision.for : decision.kind;
    };
    expect(reasonAtNoon(held({ trigger, tag: 'next' }, everything))).toMatch(/quarantined/);
    expect(first({ ...everything, isQuarantined: false }, 'next')).toBe('freeze');
    expect(reasonAtNoon(held({ trigger, tag: 'next' }, { ...rest, policy }))).toMatch(
      /does not match/,
    );
    expect(first({ ...rest, policy })).toBe('promotion');
    const proved = { ...policy, promoteFrom: { ...FROM_STAGING, afterMs: 0 } };
    expect(first({ ...rest, policy: proved })).toBe('approval');
    expect(first({ ...rest, policy: { ...proved, approval: null } })).toBe('window');
    expect(first({ ...rest, policy: { ...proved, approval: null, windows: [] } })).toBe('delay');
  });

  it('never hold a rollback', () => {
    expect(held({ trigger: ROLLBACK, tag: 'next' }, everything).kind).toBe('go');
  });
});

/** The reason as a person reads it at noon; null without one. */
function reasonAtNoon(decision: PolicyDecision): string | null {
  if (decision.kind === 'go') return null;
  const notBefore = decision.kind === 'wait' ? decision.until : null;
  return waitingReason({ phase: 'waiting', reason: decision.reason, notBefore }, NOW);
}
