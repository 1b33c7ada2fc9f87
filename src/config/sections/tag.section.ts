import { IsOptional } from 'class-validator';
import { RE2JS } from 're2js';
import semver from 'semver';
import { messageOf } from '../../domain/errors.js';
import { compileGlob } from '../../domain/image/glob.js';
import { isTag } from '../../domain/image/image-reference.js';
import type { TagRule } from '../../domain/image/tag-rule.js';
import { IsOneOf } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection } from '../section.js';
import { shown } from '../shown.js';

/** `tag` of a service if it is a map; exactly one of `semver`, `glob` and `regex`. */
export class TagSection {
  /** A version range: matches a pushed tag that satisfies it and is higher than the running version. */
  @Key('nested')
  semver?: string;

  /** A pattern with `*` and `?` that the pushed tag must match. */
  @Key('nested')
  glob?: string;

  /** A regular expression (RE2) that the pushed tag must match. */
  @Key('nested')
  regex?: string;

  /** Only with `semver`: `true` also deploys a lower version than the running one. Default `false`. */
  @Key('scalar')
  @IsOptional()
  @IsOneOf([true, false])
  allowDowngrade?: boolean;

  /** Tags that never match: one pattern as in `glob`, or a list of at most 100. Default: none. */
  @Key('nested')
  ignore?: string | string[];
}

const KINDS = ['semver', 'glob', 'regex'] as const;
type Kind = (typeof KINDS)[number];

const WANTED =
  'write e.g. tag: latest, tag: { semver: "^1.4" }, tag: { glob: "release-*" } or tag: { regex: "^v1" }';
const LONGEST_PATTERN = 1000;
/** The limit exists because every tag is compared with every pattern. */
const MOST_IGNORED = 100;

/** Reads the `tag` of a service: a string is an exact tag, a map is a rule. Null after its faults. */
export function readTagRule(node: ConfigNode): TagRule | null {
  if (node.isMap) return readRule(node);
  const tag = node.string();
  if (tag === null) return null;
  if (isTag(tag)) return { kind: 'exact', tag };
  node.fault(
    `${shown(tag)} is not a valid tag; use 1 to 128 characters from A-Z a-z 0-9 _ . -, or for a pattern ${WANTED}`,
  );
  return null;
}

function readRule(node: ConfigNode): TagRule | null {
  const section = readSection(node, TagSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const ignore = readIgnore(nodes.get('ignore'));
  const [kind, ...more] = [...nodes.keys()].filter(isKind);
  for (const other of more) {
    nodes
      .get(other)
      ?.faultAtKey(`only one of semver, glob and regex is allowed; remove ${other} or the other`);
  }
  const child = kind === undefined ? undefined : nodes.get(kind);
  if (kind === undefined || child === undefined) {
    node.fault(`has no rule; ${WANTED}`);
    return null;
  }
  if (kind !== 'semver') {
    nodes
      .get('allowDowngrade')
      ?.faultAtKey('is allowed only with semver, because other tags have no order; remove it');
  }
  const text = readPattern(child, kind, WANTED);
  if (text === null) return null;
  if (kind !== 'semver') return { kind, pattern: text, ...ignore };
  const { allowDowngrade } = leaves;
  return {
    kind,
    range: text,
    ...(allowDowngrade === undefined ? {} : { allowDowngrade }),
    ...ignore,
  };
}

function isKind(key: string): key is Kind {
  return KINDS.some((kind) => kind === key);
}

function readIgnore(node: ConfigNode | undefined): { readonly ignore?: readonly string[] } {
  if (node === undefined) return {};
  const items = node.isList ? (node.items() ?? []) : [node];
  if (items.length > MOST_IGNORED) {
    node.fault(
      `has ${String(items.length)} patterns; at most ${String(MOST_IGNORED)} are allowed: combine some, e.g. "{a,b}-*"`,
    );
    return {};
  }
  const wanted = 'write a pattern such as "*-debug", or leave it out';
  const patterns = items.map((item) => readPattern(item, 'glob', wanted));
  return { ignore: patterns.filter((pattern) => pattern !== null) };
}

/** The range, pattern or expression; null after its fault. */
function readPattern(node: ConfigNode, kind: Kind, wanted: string): string | null {
  const text = node.string();
  if (text === null) return null;
  const problem =
    text === ''
      ? `is empty; ${wanted}`
      : text.length > LONGEST_PATTERN
        ? `is longer than ${String(LONGEST_PATTERN)} characters; shorten it`
        : patternProblem(kind, text);
  if (problem === null) return text;
  node.fault(problem);
  return null;
}

function patternProblem(kind: Kind, text: string): string | null {
  if (kind === 'semver') {
    if (semver.validRange(text) !== null) return null;
    return `${shown(text)} is not a version range; write e.g. "^1.4", "~2.1" or ">=1.2 <3"`;
  }
  try {
    if (kind === 'glob') {
      if (text.includes('/'))
        return `${shown(text)} contains a slash, which no tag does; remove it`;
      compileGlob(text);
    } else RE2JS.compile(text);
    return null;
  } catch (error) {
    const what = kind === 'glob' ? 'a valid pattern' : 'a valid regular expression (RE2)';
    return `${shown(text)} is not ${what}: ${messageOf(error)}`;
  }
}
