import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployment/deployment.js';
import { decide, type PolicyFacts } from './policy.js';
import { aDeployment, DIGEST, NOON, policyFacts } from '../testing/builders.js';

const BY_HAND = { kind: 'api', by: 'ci', delivery: null } as const;
const ROLLBACK = { kind: 'rollback', by: 'ci', delivery: null } as const;
const NOW = Date.parse(NOON);
const SEMVER = { kind: 'semver', range: '^1' } as const;
const GLOB = { kind: 'glob', pattern: 'release-*' } as const;
const REGEX = { kind: 'regex', pattern: '^v' } as const;

function decision(deployment: Partial<Deployment>, facts: Partial<PolicyFacts> = {}): string {
  const decided = decide(aDeployment({ digest: DIGEST, ...deployment }), policyFacts(facts), NOW);
  return decided.kind === 'skip' ? `skip: ${decided.reason}` : decided.kind;
}

describe('quarantine', () => {
  const quarantined = { isQuarantined: true };

  it('refuses, and says so and the way out', () => {
    expect(decision({}, quarantined)).toMatch(/^skip: sha256:a+ is quarantined.*"force"/);
    expect(decision({ trigger: BY_HAND }, quarantined)).toMatch(/^skip: .*quarantined/);
  });

  it('is looked at before the tag rule', () => {
    expect(decision({ tag: 'other' }, quarantined)).toMatch(/^skip: .*quarantined/);
  });

  it('gives way to force and to a rollback', () => {
    expect(decision({ trigger: BY_HAND, force: true }, quarantined)).toBe('go');
    expect(decision({ trigger: ROLLBACK }, quarantined)).toBe('go');
  });
});

describe('the tag rule', () => {
  it('refuses what does not match, also by hand', () => {
    expect(decision({ tag: 'next' })).toBe('skip: the tag next does not match the rule "latest"');
    expect(decision({ tag: 'next', trigger: BY_HAND })).toMatch(/^skip: .*does not match/);
    expect(decision({ tag: 'x' }, { rule: SEMVER })).toMatch(/\{"semver":"\^1"\}$/);
  });

  it('gives way to force and to a rollback', () => {
    expect(decision({ tag: 'next', trigger: BY_HAND, force: true })).toBe('go');
    expect(decision({ tag: 'next', trigger: ROLLBACK })).toBe('go');
  });

  it('lets an exact tag move to whatever digest, also one that has run before', () => {
    expect(decision({}, { hasRunBefore: true, currentTag: 'latest' })).toBe('go');
  });
});

describe('a semver rule', () => {
  const over = (tag: string, currentTag: string | null, trigger?: typeof BY_HAND): string =>
    decision({ tag, ...(trigger && { trigger }) }, { rule: SEMVER, currentTag });

  it('lets higher versions go, and any where the running one is unknown', () => {
    expect([over('1.2.0', '1.1.0'), over('1.2.0', null), over('1.2.0', 'latest')]).toEqual(
      Array(3).fill('go'),
    );
  });

  it('skips lower ones with the reason', () => {
    expect(over('1.1.0', '1.2.0')).toBe('skip: 1.1.0 is not higher than 1.2.0');
  });

  it('takes a new build of the very tag that runs', () => {
    expect(over('1.2.0', '1.2.0')).toBe('go');
  });

  it('lets lower ones go where it allows that', () => {
    const rule = { ...SEMVER, allowDowngrade: true };
    expect(decision({ tag: '1.1.0' }, { rule, currentTag: '1.2.0' })).toBe('go');
  });

  it('lets lower ones go by hand', () => {
    expect(over('1.1.0', '1.2.0', BY_HAND)).toBe('go');
  });
});

describe('a glob or regex rule', () => {
  it.each([
    [GLOB, 'release-1'],
    [REGEX, 'v1'],
  ])('brings no old version back: %j', (rule, tag) => {
    expect(decision({ tag }, { rule })).toBe('go');
    expect(decision({ tag }, { rule, hasRunBefore: true })).toMatch(/^skip: .*has run.*by hand/);
    expect(decision({ tag, trigger: BY_HAND }, { rule, hasRunBefore: true })).toBe('go');
    // Tried again after the engine went down under it.
    expect(decision({ tag, pinned: true }, { rule, hasRunBefore: true })).toBe('go');
  });
});
