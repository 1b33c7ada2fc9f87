import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployment/deployment.js';
import { decide, type PolicyFacts } from './policy.js';
import { aDeployment, DIGEST, NOON, policyFacts } from '../testing/builders.js';

const MANUAL = { kind: 'api', by: 'ci', delivery: null } as const;
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

  it('refuses a digest, with the reason and the way to override it', () => {
    expect(decision({}, quarantined)).toMatch(/^skip: sha256:a+ is quarantined.*"force"/);
    expect(decision({ trigger: MANUAL }, quarantined)).toMatch(/^skip: .*quarantined/);
  });

  it('is checked before the tag rule', () => {
    expect(decision({ tag: 'other' }, quarantined)).toMatch(/^skip: .*quarantined/);
  });

  it('is overridden by force and by a rollback', () => {
    expect(decision({ trigger: MANUAL, force: true }, quarantined)).toBe('go');
    expect(decision({ trigger: ROLLBACK }, quarantined)).toBe('go');
  });
});

describe('the tag rule', () => {
  it('refuses a tag that does not match, also in a manual deployment', () => {
    expect(decision({ tag: 'next' })).toBe('skip: the tag next does not match the rule "latest"');
    expect(decision({ tag: 'next', trigger: MANUAL })).toMatch(/^skip: .*does not match/);
    expect(decision({ tag: 'x' }, { rule: SEMVER })).toMatch(/\{"semver":"\^1"\}$/);
  });

  it('is overridden by force and by a rollback', () => {
    expect(decision({ tag: 'next', trigger: MANUAL, force: true })).toBe('go');
    expect(decision({ tag: 'next', trigger: ROLLBACK })).toBe('go');
  });

  it('lets an exact tag move to any digest, also one that has run before', () => {
    expect(decision({}, { hasRunBefore: true, currentTag: 'latest' })).toBe('go');
  });
});

describe('a semver rule', () => {
  const over = (tag: string, currentTag: string | null, trigger?: typeof MANUAL): string =>
    decision({ tag, ...(trigger && { trigger }) }, { rule: SEMVER, currentTag });

  it('admits higher versions, and any version if the running one is unknown', () => {
    expect([over('1.2.0', '1.1.0'), over('1.2.0', null), over('1.2.0', 'latest')]).toEqual(
      Array(3).fill('go'),
    );
  });

  it('skips lower versions with the reason', () => {
    expect(over('1.1.0', '1.2.0')).toBe('skip: 1.1.0 is not higher than 1.2.0');
  });

  it('admits a new build of the running tag', () => {
    expect(over('1.2.0', '1.2.0')).toBe('go');
  });

  it('admits lower versions with allowDowngrade', () => {
    const rule = { ...SEMVER, allowDowngrade: true };
    expect(decision({ tag: '1.1.0' }, { rule, currentTag: '1.2.0' })).toBe('go');
  });

  it('admits lower versions in a manual deployment', () => {
    expect(over('1.1.0', '1.2.0', MANUAL)).toBe('go');
  });
});

describe('a glob or regex rule', () => {
  it.each([
    [GLOB, 'release-1'],
    [REGEX, 'v1'],
  ])('does not bring an old version back: %j', (rule, tag) => {
    expect(decision({ tag }, { rule })).toBe('go');
    expect(decision({ tag }, { rule, hasRunBefore: true })).toMatch(/^skip: .*has run.*manually/);
    expect(decision({ tag, trigger: MANUAL }, { rule, hasRunBefore: true })).toBe('go');
    // Retried after the engine went down during the rollout.
    expect(decision({ tag, pinned: true }, { rule, hasRunBefore: true })).toBe('go');
  });
});
