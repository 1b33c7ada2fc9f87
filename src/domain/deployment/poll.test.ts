import { describe, expect, it } from 'vitest';
import { newTags, rebuildableTag, whyNotPolled, type PolledDigest } from './poll.js';

const GLOB = { kind: 'glob', pattern: 'release-*', ignore: ['*-debug'] } as const;
const REGEX = { kind: 'regex', pattern: '^release-' } as const;
const SEMVER = { kind: 'semver', range: '^1.4' } as const;
const EXACT = { kind: 'exact', tag: 'latest' } as const;
const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

describe('the new tags of a list', () => {
  const versions = ['1.4.0', 'v1.6.0', '1.5.0', '2.0.0', '1.7.0-rc.1', 'latest'];

  it.each([
    ['1.4.0', ['v1.6.0']],
    ['1.6.0', []],
    ['1.9.0', []],
    ['latest', ['v1.6.0']],
    [null, ['v1.6.0']],
  ])('are for semver the highest, if it is higher than what runs: %s', (runningTag, expected) => {
    expect(newTags({ rule: SEMVER, tags: versions, before: null, runningTag })).toEqual(expected);
    const before = new Set(versions);
    expect(newTags({ rule: SEMVER, tags: versions, before, runningTag })).toEqual(expected);
  });

  it('are for semver never lower ones, even if a push may be lower', () => {
    const rule = { ...SEMVER, allowDowngrade: true };
    expect(newTags({ rule, tags: ['1.4.0'], before: new Set(), runningTag: '1.5.0' })).toEqual([]);
  });

  it.each([GLOB, REGEX])(
    'are for a pattern those that were not in the previous list: %j',
    (rule) => {
      const tags = ['release-1', 'release-2', 'release-10', 'nightly'];
      const before = new Set(['release-1', 'release-10']);
      const facts = { rule, tags, before, runningTag: 'release-1' };
      expect(newTags(facts)).toEqual(['release-2']);
      expect(newTags({ ...facts, before: new Set(tags) })).toEqual([]);
      expect(newTags({ ...facts, runningTag: 'release-2' })).toEqual([]);
      expect(newTags({ ...facts, before: new Set() })).toEqual(['release-2', 'release-10']);
    },
  );

  it('are none in the first poll, and never ignored ones', () => {
    const facts = { rule: GLOB, runningTag: null, tags: ['release-2', 'release-3-debug'] };
    expect(newTags({ ...facts, before: null })).toEqual([]);
    expect(newTags({ ...facts, before: new Set() })).toEqual(['release-2']);
  });
});

describe('the running tag', () => {
  const facts = { rule: GLOB, tags: ['release-1', 'latest'], before: null };

  it.each([
    ['release-1', 'release-1'],
    ['release-0', null],
    ['latest', null],
    [null, null],
  ])('is looked up if it is in the list and matches: %s', (runningTag, expected) => {
    expect(rebuildableTag({ ...facts, runningTag })).toBe(expected);
  });
});

describe('a digest that a poll finds', () => {
  const whyNot = (facts: Partial<PolledDigest>): string | null =>
    whyNotPolled({
      rule: EXACT,
      tag: 'latest',
      digest: B,
      running: [A],
      active: [],
      isQuarantined: false,
      ofTag: [],
      hasRunBefore: false,
      ...facts,
    });

  it('is deployed if it is unknown', () => {
    expect(whyNot({})).toBeNull();
    expect(whyNot({ ofTag: [{ digest: A, pinned: false }] })).toBeNull();
  });

  it('is left alone if it runs or is quarantined', () => {
    expect(whyNot({ running: [A, B] })).toContain('runs');
    expect(whyNot({ isQuarantined: true })).toContain('quarantined');
  });

  it('is left alone if a deployment of it has not ended', () => {
    const other = { phase: 'running', tag: 'latest', digest: A, pinned: false } as const;
    expect(whyNot({ active: [other] })).toBeNull();
    expect(whyNot({ active: [{ ...other, digest: B }] })).toContain('under way');
    expect(whyNot({ active: [{ ...other, phase: 'queued', digest: B }] })).toContain('waits');
  });

  it('is left to a deployment of its tag that looks the digest up itself', () => {
    const asking = { phase: 'waiting', tag: 'latest', digest: null, pinned: false } as const;
    expect(whyNot({ active: [asking] })).toContain('waits');
    expect(whyNot({ active: [{ ...asking, tag: 'other' }] })).toBeNull();
  });

  it('is not retried, however its deployment ended', () => {
    expect(whyNot({ ofTag: [{ digest: B, pinned: false }] })).toContain('last deployment');
    const later = { digest: null, pinned: false };
    expect(whyNot({ ofTag: [later, { digest: B, pinned: false }] })).toContain('last deployment');
  });

  it('does not replace a digest that a person chose', () => {
    const byHand = { digest: A, pinned: true };
    const ofTag = [byHand, { digest: B, pinned: false }];
    expect(whyNot({ ofTag, hasRunBefore: true })).toContain('last deployment');
    expect(whyNot({ ofTag: [byHand], hasRunBefore: true })).toContain('has run');
    expect(whyNot({ ofTag: [byHand] })).toBeNull();
  });

  it('is deployed if an exact tag was moved back to it', () => {
    const ofTag = [
      { digest: A, pinned: false },
      { digest: B, pinned: false },
    ];
    expect(whyNot({ ofTag, hasRunBefore: true })).toBeNull();
  });

  it.each([SEMVER, GLOB, REGEX])(
    'is left alone as an old version under a rule with many tags: %j',
    (rule) => {
      const ofTag = [{ digest: A, pinned: false }];
      expect(whyNot({ rule, ofTag })).toBeNull();
      expect(whyNot({ rule, ofTag, hasRunBefore: true })).toContain('has run');
    },
  );
});
