import fc from 'fast-check';
import picomatch from 'picomatch';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../../src/domain/image/glob.js';
import {
  describeTagRule,
  highestMatch,
  isUpgrade,
  matchesTag,
  mayFollow,
  prefers,
  tagMatcher,
  type TagRule,
} from '../../../src/domain/image/tag-rule.js';
import { ConfigurationFolder } from '../config/configuration-folder.js';
import { property, PROPERTY_TIMEOUT_MS } from '../../support/property-runs.js';
import { tagText } from './reference-grammar.js';

const number = fc.nat(12).map(String);
const version = fc
  .tuple(
    fc.constantFrom('', 'v'),
    fc.tuple(number, number, number),
    fc.constantFrom('', '', '-rc.1', '-alpha', '-beta.2', '-1'),
  )
  .map(([v, numbers, more]) => v + numbers.join('.') + more);
const almostVersion = fc
  .tuple(fc.constantFrom('', 'v', 'V', 'vv', '='), fc.array(number, { maxLength: 5 }))
  .map(([before, numbers]) => before + numbers.join('.'));
const tag = fc.oneof(version, almostVersion, tagText, fc.string({ maxLength: 130 }));
const range = fc
  .tuple(fc.constantFrom('^', '~', '>=', '<', '=', '', '*', '>1 <'), version)
  .map(([comparator, of]) => comparator + of.replace('v', ''));

/** Patterns as people write them, and malformed ones. */
const globPiece = fc.oneof(
  fc.constantFrom('*', '**', '?', 'a', 'b', '1', '-', '.', '_', 'rc'),
  fc.constantFrom('[ab]', '[a-c]', '[^a]', '[!a]', '{a,b}', '{a,{b,1}}', '{1..3}', '@(a|b)'),
  fc.constantFrom('?(a)', '*(a)', '+(ab)', '*(a|*b)', '!(a)', '(a|b)', '\\*', '+', '$', '^', '|'),
);
const glob = fc
  .tuple(fc.constantFrom('', '', '', '!'), fc.array(globPiece, { minLength: 1, maxLength: 5 }))
  .map(([negation, pieces]) => negation + pieces.join(''));
const shortTag = fc
  .string({ unit: fc.constantFrom(...Array.from('ab1-._c')), minLength: 1, maxLength: 8 })
  .filter((text) => !/^[.-]/.test(text));
const regexPiece = fc.constantFrom(
  'a',
  'b',
  '.',
  '*',
  '+',
  '?',
  '(',
  ')',
  '|',
  '[ab]',
  '\\d',
  '{2}',
);
const regex = fc.array(regexPiece, { maxLength: 12 }).map((pieces) => pieces.join(''));

/** The compiled pattern, or null if it is invalid. */
function compiled(pattern: string): ((tag: string) => boolean) | null {
  try {
    return compileGlob(pattern);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return null;
  }
}

describe('any tag under a rule', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  it('is an upgrade only if both are versions and it is higher, or the running version is unknown', () => {
    property(1_500, [tag, fc.option(tag)], (pushed, running) => {
      const [one, other] = [pushed, running ?? ''].map((text) =>
        semver.valid(text.startsWith('v') ? text.slice(1) : text),
      );
      const expected =
        one !== null && one !== undefined && (other == null || semver.compare(one, other) > 0);
      expect(isUpgrade(pushed, running)).toBe(expected);
    });
  });

  it('is ordered strictly: never an upgrade of itself, never in both directions', () => {
    property(1_500, [version, version, version], (a, b, c) => {
      expect(isUpgrade(a, a)).toBe(false);
      expect(isUpgrade(a, b) && isUpgrade(b, a)).toBe(false);
      if (isUpgrade(a, b) && isUpgrade(b, c)) expect(isUpgrade(a, c)).toBe(true);
    });
  });

  it('is preferred in at most one direction, and by a semver rule without downgrades as semver orders it', () => {
    property(1_500, [range, version, version, fc.boolean()], (text, a, b, allowDowngrade) => {
      fc.pre(semver.validRange(text) !== null);
      const rule: TagRule = { kind: 'semver', range: text, allowDowngrade };
      expect(prefers(rule, a, b)).toBe(!allowDowngrade && isUpgrade(a, b));
      expect(prefers(rule, a, b) && prefers(rule, b, a)).toBe(false);
      expect(mayFollow(rule, a, b)).toBe(allowDowngrade || a === b || isUpgrade(a, b));
      expect(mayFollow(rule, a, b) || mayFollow(rule, b, a) || !isUpgrade(a, b)).toBe(true);
    });
  });

  it('is the highest of many if no other match is higher', () => {
    property(500, [range, fc.array(tag, { maxLength: 12 })], (text, tags) => {
      fc.pre(semver.validRange(text) !== null);
      const rule = { kind: 'semver', range: text } as const;
      const matching = tags.filter((each) => matchesTag(rule, each));
      const highest = highestMatch(rule, tags);
      if (highest === null) expect(matching).toEqual([]);
      else {
        expect(matching).toContain(highest);
        expect(matching.filter((each) => isUpgrade(each, highest))).toEqual([]);
      }
    });
  });

  it('does not match if it is ignored, and ignoring changes nothing for others', () => {
    property(500, [glob, glob, shortTag], (pattern, ignored, pushed) => {
      const [matches, isIgnored] = [compiled(pattern), compiled(ignored)];
      if (matches === null || isIgnored === null) return;
      const rule: TagRule = { kind: 'glob', pattern, ignore: [ignored] };
      expect(matchesTag(rule, pushed)).toBe(matches(pushed) && !isIgnored(pushed));
      expect(tagMatcher(rule)(pushed)).toBe(matchesTag(rule, pushed));
      expect(describeTagRule(rule)).toEqual({ glob: pattern, ignore: [ignored] });
    });
  });

  it('is in a semver range only if it is a version that semver puts there', () => {
    property(1_000, [range, tag], (text, pushed) => {
      fc.pre(semver.validRange(text) !== null);
      const found = semver.valid(pushed.startsWith('v') ? pushed.slice(1) : pushed);
      const expected = found !== null && semver.satisfies(found, text);
      expect(matchesTag({ kind: 'semver', range: text }, pushed)).toBe(expected);
    });
  });

  it('matches an exact rule only if it is identical', () => {
    property(1_000, [tag, tag], (wanted, pushed) => {
      expect(matchesTag({ kind: 'exact', tag: wanted }, pushed)).toBe(wanted === pushed);
      expect(describeTagRule({ kind: 'exact', tag: wanted })).toBe(wanted);
    });
  });

  it('matches a valid glob if and only if picomatch matches it', () => {
    property(800, [glob, shortTag], (pattern, pushed) => {
      const matches = compiled(pattern);
      if (matches === null) return;
      expect(matches(pushed)).toBe(picomatch.isMatch(pushed, pattern, { dot: true }));
    });
  });
});

describe('a tag of the maximum length', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  const longTag = fc
    .tuple(fc.constantFrom('a', 'ab', '1.', 'a-'), fc.constantFrom('', '!', '_'))
    .map(([unit, end]) => unit.repeat(128).slice(0, 127) + end);
  const manyPieces = fc
    .array(globPiece, { minLength: 6, maxLength: 30 })
    .map((pieces) => pieces.join('*'));

  it('stalls no valid glob and no valid regular expression', () => {
    const longest = (rule: () => unknown): void => {
      const begin = performance.now();
      rule();
      expect(performance.now() - begin).toBeLessThan(2_000);
    };
    const folder = new ConfigurationFolder();
    property(100, [manyPieces, longTag], (pattern, pushed) => {
      longest(() => compiled(pattern)?.(pushed));
    });
    property(60, [regex, fc.integer({ min: 1, max: 20 }), longTag], (part, times, pushed) => {
      const pattern = part.repeat(times).slice(0, 1_000);
      for (const rule of rulesOf(folder, `{ regex: ${JSON.stringify(pattern)} }`)) {
        longest(() => matchesTag(rule, pushed));
      }
    });
  });
});

describe('any rule of the configuration', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  it('is refused with a fault, or decides about every tag', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 12 });
    const kind = fc.constantFrom('semver', 'glob', 'regex');
    const folder = new ConfigurationFolder();
    property(60, [kind, fc.oneof(glob, regex, range, anyText), tag], (name, text, pushed) => {
      for (const rule of rulesOf(folder, `{ ${name}: ${JSON.stringify(text)} }`)) {
        expect(matchesTag(rule, pushed)).toBeTypeOf('boolean');
      }
    });
    const ignored = fc.array(fc.oneof(glob, anyText), { maxLength: 4 });
    property(60, [kind, ignored, fc.boolean(), tag], (name, ignore, allowDowngrade, pushed) => {
      const more = name === 'semver' ? `, allowDowngrade: ${String(allowDowngrade)}` : '';
      const yaml = `{ ${name}: '1', ignore: ${JSON.stringify(ignore)}${more} }`;
      for (const rule of rulesOf(folder, yaml)) {
        expect(matchesTag(rule, pushed)).toBeTypeOf('boolean');
        const { ignore: shown, allowDowngrade: down } = describeTagRule(rule) as Exclude<
          ReturnType<typeof describeTagRule>,
          string
        >;
        expect(shown).toEqual(ignore);
        expect(down).toBe(name === 'semver' ? allowDowngrade : undefined);
      }
    });
  });
});

/** The tag rule of a configuration's only service; empty if the configuration has faults. */
function rulesOf(folder: ConfigurationFolder, tagYaml: string): TagRule[] {
  const loaded = folder
    .write(
      `environments: { e: { services: { s: { container: cc, image: a/b, tag: ${tagYaml} } } } }\n`,
    )
    .load();
  if ('faults' in loaded) return [];
  return loaded.configuration.environments.flatMap(({ services }) =>
    services.map((service) => service.tagRule),
  );
}
