import { describe, expect, it } from 'vitest';
import type { GroupPlace, Trigger } from './deployment.js';
import { supersedes } from './supersede.js';
import type { TagRule } from '../image/tag-rule.js';

const SEMVER = { kind: 'semver', range: '*' } as const;
const PUSH = { kind: 'webhook', by: 'hub', delivery: null } as const;
const BY_HAND = { kind: 'api', by: 'anna', delivery: null } as const;

function of(id: string, tag: string, trigger: Trigger = PUSH, group: GroupPlace | null = null) {
  return { id, tag, trigger, group };
}

describe('of two waiting deployments', () => {
  it.each<TagRule>([
    { kind: 'exact', tag: '1.0.0' },
    { kind: 'glob', pattern: '*' },
    { kind: 'regex', pattern: '.' },
    { ...SEMVER, allowDowngrade: true },
  ])('the newer wins: %j', (rule) => {
    expect(supersedes(rule, of('2', '1.0.0'), of('1', '1.1.0'))).toBe(true);
    expect(supersedes(rule, of('1', '1.1.0'), of('2', '1.0.0'))).toBe(false);
  });

  it.each<Trigger['kind']>(['webhook', 'poll', 'promotion'])(
    'the higher version wins by semver, whichever came later: %s',
    (kind) => {
      const high = of('1', '1.10.0', { ...PUSH, kind });
      expect(supersedes(SEMVER, high, of('2', '1.9.0'))).toBe(true);
      expect(supersedes(SEMVER, of('2', '1.9.0'), high)).toBe(false);
      expect(supersedes(SEMVER, of('2', '1.9.0'), of('1', '1.8.0'))).toBe(true);
    },
  );

  it('the newer wins by semver if neither is higher', () => {
    expect(supersedes(SEMVER, of('2', 'v1.0.0'), of('1', '1.0.0'))).toBe(true);
    expect(supersedes(SEMVER, of('1', '1.0.0'), of('2', '1.0.0'))).toBe(false);
    expect(supersedes(SEMVER, of('2', 'latest'), of('1', '1.0.0'))).toBe(true);
  });

  it('the one that was released with its group keeps its position, except against a manual one', () => {
    const rule = { kind: 'exact', tag: 'latest' } as const;
    const grouped = of('1', 'latest', PUSH, { id: 'run', position: 0 });
    expect(supersedes(rule, of('2', 'latest'), grouped)).toBe(false);
    expect(supersedes(rule, grouped, of('0', 'latest'))).toBe(false);
    expect(supersedes(rule, of('2', 'latest', BY_HAND), grouped)).toBe(true);
    const wayBack = of('3', 'latest', { ...BY_HAND, kind: 'rollback' }, grouped.group);
    expect(supersedes(rule, wayBack, of('2', 'latest'))).toBe(false);
  });

  it('the newer wins if one of them is manual', () => {
    const rollback = { ...BY_HAND, kind: 'rollback' } as const;
    for (const trigger of [BY_HAND, rollback]) {
      expect(supersedes(SEMVER, of('2', '1.0.0', trigger), of('1', '1.1.0'))).toBe(true);
      expect(supersedes(SEMVER, of('1', '1.1.0'), of('2', '1.0.0', trigger))).toBe(false);
      expect(supersedes(SEMVER, of('2', '1.0.0'), of('1', '1.1.0', trigger))).toBe(true);
    }
  });
});
