import { RE2JS } from 're2js';
import semver from 'semver';
import { messageOf } from '../../domain/errors.js';
import { compileGlob } from '../../domain/glob.js';
import { isTag } from '../../domain/image-reference.js';
import type { TagRule } from '../../domain/tag-rule.js';
import type { Place } from '../place.js';
import { Key, readSection } from '../section.js';
import { shown } from '../shown.js';

/** `tag` of a service where it is a map; exactly one of the keys. */
export class TagSection {
  /** A range of versions: the pushed tag if it satisfies it and is higher than what runs. */
  @Key('nested')
  semver?: string;

  /** A pattern with `*` and `?`: the pushed tag if it matches. */
  @Key('nested')
  glob?: string;

  /** A regular expression (RE2): the pushed tag if it matches. */
  @Key('nested')
  regex?: string;
}

const WANTED =
  'write e.g. tag: latest, tag: { semver: "^1.4" }, tag: { glob: "release-*" } or tag: { regex: "^v1" }';
const LONGEST_PATTERN = 1000;

/** Reads the `tag` of a service: a text is an exact tag, a map one rule. Null after its faults. */
export function readTagRule(place: Place): TagRule | null {
  if (place.isMap) return readRule(place);
  const tag = place.text();
  if (tag === null) return null;
  if (isTag(tag)) return { kind: 'exact', tag };
  place.fault(`${shown(tag)} is not a tag: 1 to 128 of A-Z a-z 0-9 _ . -; for a pattern ${WANTED}`);
  return null;
}

function readRule(place: Place): TagRule | null {
  const section = readSection(place, TagSection);
  if (section === null) return null;
  const [first, ...more] = section.places;
  for (const [name, child] of more) {
    child.faultAtKey(
      `only one of semver, glob and regex can be the rule; remove ${name} or the other`,
    );
  }
  if (first === undefined) {
    place.fault(`says no rule; ${WANTED}`);
    return null;
  }
  const [kind, child] = first;
  const text = child.text();
  if (text === null) return null;
  const { rule, problem } = ruleOf(kind, text);
  if (problem !== null) child.fault(problem);
  return rule;
}

function ruleOf(kind: string, text: string): { rule: TagRule | null; problem: string | null } {
  const problem =
    text === ''
      ? `is empty; ${WANTED}`
      : text.length > LONGEST_PATTERN
        ? `is longer than ${String(LONGEST_PATTERN)} characters`
        : patternProblem(kind, text);
  if (problem !== null) return { rule: null, problem };
  if (kind === 'semver') return { rule: { kind, range: text }, problem };
  if (kind === 'glob') return { rule: { kind, pattern: text }, problem };
  return { rule: { kind: 'regex', pattern: text }, problem };
}

function patternProblem(kind: string, text: string): string | null {
  if (kind === 'semver') {
    if (semver.validRange(text) !== null) return null;
    return `${shown(text)} is not a range of versions; write e.g. "^1.4", "~2.1" or ">=1.2 <3"`;
  }
  try {
    if (kind === 'glob') {
      if (text.includes('/')) return `${shown(text)} holds a slash, which no tag does; remove it`;
      compileGlob(text);
    } else RE2JS.compile(text);
    return null;
  } catch (error) {
    const what = kind === 'glob' ? 'a pattern' : 'a regular expression (RE2)';
    return `${shown(text)} is not ${what}: ${messageOf(error)}`;
  }
}
