import { describe, expect, it } from 'vitest';
import {
  describeTagRule,
  highestMatch,
  isUpgrade,
  matchesTag,
  mayFollow,
  prefers,
  type TagRule,
} from './tag-rule.js';

type Row = readonly [rule: TagRule, matching: readonly string[], others: readonly string[]];

const ROWS: readonly Row[] = [
  [{ kind: 'exact', tag: 'latest' }, ['latest'], ['latest2', 'Latest', '']],
  [{ kind: 'exact', tag: '1.*' }, ['1.*'], ['1.2']],
  [
    { kind: 'semver', range: '^1.4' },
    ['1.4.0', 'v1.4.0', '1.99.3'],
    ['2.0.0', '1.3.9', '1.5.0-rc.1', 'latest', '1.4', 'release-1.4.0', ''],
  ],
  [
    { kind: 'semver', range: '>=2.0.0-beta' },
    ['2.0.0-beta.2', 'v2.0.0-rc.1', '2.0.0', '2.1.0'],
    ['2.1.0-rc.1', '1.9.0', '2.0.0-alpha'],
  ],
  [
    { kind: 'glob', pattern: 'release-*' },
    ['release-1', 'release-1.2.3'],
    ['prerelease-1', 'release', 'Release-1'],
  ],
  [{ kind: 'glob', pattern: '*' }, ['latest', '.hidden', '1.2.3'], []],
  [{ kind: 'glob', pattern: '{main,next}' }, ['main', 'next'], ['mainnext', 'other']],
  [{ kind: 'regex', pattern: '^v\\d+$' }, ['v1', 'v123'], ['v1.2', 'xv1', 'v']],
  [{ kind: 'regex', pattern: 'stable' }, ['stable', 'very-stable-1'], ['unstabl']],
  [
    { kind: 'semver', range: '>=1.4.0-0', ignore: ['*-debug', '1.6.*'] },
    ['1.4.0', '1.4.0-rc.1', 'v1.5.0'],
    ['1.4.0-debug', '1.6.0', 'v1.4.0-debug', '1.3.0'],
  ],
  [
    { kind: 'glob', pattern: '*', ignore: ['*-debug', 'latest'] },
    ['1', 'debug', 'latest-1'],
    ['1-debug', 'latest'],
  ],
  [{ kind: 'regex', pattern: '^v', ignore: ['!v1*'] }, ['v1', 'v12'], ['v2', 'x']],
  [{ kind: 'regex', pattern: '^v', ignore: [] }, ['v1'], ['x']],
];

describe.each(ROWS)('the rule %j', (rule, matching, others) => {
  it('matches', () => {
    expect(matching.filter((tag) => !matchesTag(rule, tag))).toEqual([]);
  });

  it('does not match', () => {
    expect(others.filter((tag) => matchesTag(rule, tag))).toEqual([]);
  });
});

describe('a hostile tag', () => {
  it.each<TagRule>([
    { kind: 'regex', pattern: '(a+)+$' },
    { kind: 'glob', pattern: '*a*a*a*a*a*b' },
    { kind: 'regex', pattern: '_$', ignore: ['*a*a*a*a*a*b'] },
  ])('takes at most linear time: %j', (rule) => {
    // Of the maximum length of a tag: senders of webhooks choose tags.
    const tags = [`${'a'.repeat(127)}_`, ...(rule.kind === 'regex' ? ['a'.repeat(100_000)] : [])];
    const begin = performance.now();
    for (const tag of tags) expect(matchesTag(rule, `${tag}!`)).toBe(false);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});

describe('an upgrade', () => {
  it.each<readonly [string, string | null, boolean]>([
    ['1.4.1', '1.4.0', true],
    ['v1.10.0', '1.9.0', true],
    ['1.4.0', '1.4.0', false],
    ['v1.4.0', '1.4.0', false],
    ['1.3.9', '1.4.0', false],
    ['2.0.0', '2.0.0-rc.1', true],
    ['2.0.0-rc.1', '2.0.0', false],
    ['1.0.0', null, true],
    ['1.0.0', 'latest', true],
    ['latest', '1.0.0', false],
    ['latest', null, false],
  ])('over the running tag: %s over %s', (tag, running, expected) => {
    expect(isUpgrade(tag, running)).toBe(expected);
  });
});

describe('whether a tag may follow the running one', () => {
  const semver = { kind: 'semver', range: '^1' } as const;
  const either = { ...semver, allowDowngrade: true } as const;
  it.each<readonly [TagRule, string, string | null, boolean]>([
    [semver, '1.4.1', '1.4.0', true],
    [semver, '1.4.0', '1.4.0', true],
    [semver, 'v1.4.0', '1.4.0', false],
    [semver, '1.3.0', '1.4.0', false],
    [semver, '1.3.0', null, true],
    [{ ...semver, allowDowngrade: false }, '1.3.0', '1.4.0', false],
    [either, '1.3.0', '1.4.0', true],
    [either, 'v1.4.0', '1.4.0', true],
    [{ kind: 'glob', pattern: '*' }, '1.3.0', '1.4.0', true],
    [{ kind: 'regex', pattern: '.' }, '1.3.0', '1.4.0', true],
    [{ kind: 'exact', tag: '1.3.0' }, '1.3.0', '1.4.0', true],
  ])('%j: %s after %s', (rule, tag, running, expected) => {
    expect(mayFollow(rule, tag, running)).toBe(expected);
  });
});

describe('of two waiting pushes', () => {
  const semver = { kind: 'semver', range: '*' } as const;
  it.each<readonly [TagRule, string, string, boolean]>([
    [semver, '1.10.0', '1.9.0', true],
    [semver, '1.9.0', '1.10.0', false],
    [semver, 'v1.9.1', '1.9.0', true],
    [semver, '1.9.0', '1.9.0', false],
    [semver, 'v1.9.0', '1.9.0', false],
    [semver, '2.0.0', '2.0.0-rc.1', true],
    [semver, '1.9.0', 'latest', false],
    [{ ...semver, allowDowngrade: true }, '1.10.0', '1.9.0', false],
    [{ kind: 'glob', pattern: '*' }, '1.10.0', '1.9.0', false],
    [{ kind: 'regex', pattern: '.' }, '1.10.0', '1.9.0', false],
    [{ kind: 'exact', tag: '1' }, '1', '1', false],
  ])('the higher version wins: %j prefers %s to %s: %s', (rule, left, right, expected) => {
    expect(prefers(rule, left, right)).toBe(expected);
  });
});

describe('the highest of many tags', () => {
  it.each<readonly [string, readonly string[], string | null]>([
    ['^1.4', ['1.4.0', 'v1.10.0', '1.9.0', '2.0.0', '1.11.0-rc.1', 'latest'], 'v1.10.0'],
    ['^1.4', ['v1.5.0', '1.5.0'], 'v1.5.0'],
    ['^1.4', ['1.3.0', 'latest', ''], null],
    ['^1.4', [], null],
  ])('in %s', (range, tags, expected) => {
    expect(highestMatch({ kind: 'semver', range }, tags)).toBe(expected);
  });

  it('is never an ignored one', () => {
    const rule = { kind: 'semver', range: '*', ignore: ['2.*'] } as const;
    expect(highestMatch(rule, ['1.4.0', '2.0.0'])).toBe('1.4.0');
  });
});

describe('a rule', () => {
  it.each<readonly [TagRule, unknown]>([
    [{ kind: 'exact', tag: 'latest' }, 'latest'],
    [{ kind: 'semver', range: '^1' }, { semver: '^1' }],
    [{ kind: 'glob', pattern: 'r-*' }, { glob: 'r-*' }],
    [{ kind: 'regex', pattern: '^v' }, { regex: '^v' }],
    [
      { kind: 'semver', range: '^1', allowDowngrade: true, ignore: ['*-debug'] },
      { semver: '^1', allowDowngrade: true, ignore: ['*-debug'] },
    ],
    [
      { kind: 'semver', range: '^1', allowDowngrade: false },
      { semver: '^1', allowDowngrade: false },
    ],
    [
      { kind: 'glob', pattern: 'r-*', ignore: ['r-0', 'r-1'] },
      { glob: 'r-*', ignore: ['r-0', 'r-1'] },
    ],
    [
      { kind: 'regex', pattern: '^v', ignore: [] },
      { regex: '^v', ignore: [] },
    ],
  ])('is shown as it was written: %j', (rule, written) => {
    expect(describeTagRule(rule)).toEqual(written);
  });
});
