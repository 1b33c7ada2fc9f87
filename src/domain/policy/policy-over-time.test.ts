import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Freeze } from './freeze.js';
import { decide, type PolicyFacts } from './policy.js';
import { DAYS, NO_POLICY, type PolicySettings } from '../settings/policy-settings.js';
import { aDeployment, DIGEST, policyFacts } from '../testing/builders.js';
import { isAnyOpen } from './windows.js';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** Around the days on which the clocks of some zones change, and between them. */
const STARTS = ['2026-03-28', '2026-10-24', '2026-10-31', '2026-06-10'].map((day) =>
  Date.parse(`${day}T00:00:00Z`),
);
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];

const moment = fc
  .tuple(fc.constantFrom(...STARTS), fc.integer({ min: 0, max: 48 * HOUR_MS }))
  .map(([start, offset]) => start + offset);
const window = fc
  .record({
    days: fc.subarray([...DAYS], { minLength: 1 }),
    from: fc.integer({ min: 0, max: 1_439 }),
    to: fc.integer({ min: 1, max: 1_440 }),
    timezone: fc.constantFrom(...ZONES),
  })
  .filter(({ from, to }) => from !== to);
const policies: fc.Arbitrary<PolicySettings> = fc.record({
  delayMs: fc.constantFrom(0, 1_000, 600_000, 26 * HOUR_MS),
  windows: fc.array(window, { maxLength: 2 }),
  approval: fc.constant(null),
  promoteFrom: fc.option(
    fc.record({
      environment: fc.constant('staging'),
      service: fc.constant('web'),
      afterMs: fc.constantFrom(0, 60_000, 5 * HOUR_MS),
    }),
  ),
  pollMs: fc.constant(null),
});
/** How long after the push a freeze ends; null: there is none. */
const freezes = fc.option(fc.integer({ min: 1, max: 30 * HOUR_MS }));

interface Case {
  readonly policy: PolicySettings;
  readonly created: number;
  readonly freeze: Freeze | null;
}

const cases: fc.Arbitrary<Case> = fc
  .record({ policy: policies, created: moment, freezeMs: freezes })
  .map(({ policy, created, freezeMs }) => ({
    policy,
    created,
    freeze:
      freezeMs === null
        ? null
        : { reason: 'r', by: 'b', since: iso(created), until: iso(created + freezeMs) },
  }));

function iso(time: number): string {
  return new Date(time).toISOString();
}

function at({ policy, created, freeze }: Case, now: number) {
  const isPromoted = policy.promoteFrom !== null;
  const deployment = aDeployment({
    digest: DIGEST,
    createdAt: iso(created),
    trigger: isPromoted
      ? { kind: 'promotion', by: 'staging', delivery: null }
      : { kind: 'webhook', by: 'hub', delivery: 'd' },
  });
  const facts: PolicyFacts = policyFacts({
    policy: { ...NO_POLICY, ...policy },
    freeze: freeze !== null && now < Date.parse(freeze.until ?? '') ? freeze : null,
    promotion: isPromoted ? { succeededAt: iso(created), isHealthy: true } : null,
  });
  return decide(deployment, facts, now);
}

/** Decides again at every `until`, from the push on. */
function follow(each: Case): { readonly wentAt: number; readonly waits: readonly number[] } {
  const waits: number[] = [];
  let now = each.created;
  for (let step = 0; step < 40; step++) {
    const decision = at(each, now);
    if (decision.kind === 'go') return { wentAt: now, waits };
    if (decision.kind !== 'wait' || decision.until === null) throw new Error(decision.kind);
    const until = Date.parse(decision.until);
    expect(until).toBeGreaterThan(now);
    waits.push(until);
    now = until;
  }
  throw new Error('it waits forever');
}

describe('a policy over time', () => {
  it('lets every deployment start eventually, and never before all its rules are met', () => {
    fc.assert(
      fc.property(cases, (each) => {
        const { policy, created, freeze } = each;
        const { wentAt } = follow(each);
        expect(wentAt).toBeGreaterThanOrEqual(created + policy.delayMs);
        expect(wentAt).toBeGreaterThanOrEqual(created + (policy.promoteFrom?.afterMs ?? 0));
        expect(isAnyOpen(policy.windows, wentAt)).toBe(true);
        if (freeze?.until != null) expect(wentAt).toBeGreaterThanOrEqual(Date.parse(freeze.until));
        // Two rules of less than two days each, then the next opening of a window of the week.
        expect(wentAt - created).toBeLessThan(2 * WEEK_MS + 72 * HOUR_MS);
      }),
      { numRuns: 200 },
    );
  });

  it('lets it start no later than a decision at any other moment would', () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), (each, part) => {
        const { wentAt } = follow(each);
        const earlier = Math.floor(each.created + (wentAt - each.created - 1) * part);
        if (earlier < each.created || earlier >= wentAt) return;
        // Between the announced moments another rule may hold it, and some rule does.
        expect(at(each, earlier).kind).toBe('wait');
      }),
      { numRuns: 200 },
    );
  });
});
