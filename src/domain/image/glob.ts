import picomatch from 'picomatch';
import { RE2JS } from 're2js';

/** What picomatch wraps around every pattern, and around one that begins with `!`. */
const WHOLE = /^\^\(\?:([\s\S]*)\)\$$/;
const NEGATED = /^\^\(\?!\^\(\?:([\s\S]*)\)\$\)\.\*\$$/;
/**
 * Look-aheads with which picomatch keeps wildcards from matching empty strings and the folders `.` and `..`: no tag is
 * any of these, and RE2 has no look-aheads.
 */
const NEVER_IN_TAGS = [
  '(?!(?:^|\\/)\\.{1,2}(?:\\/|$))',
  '(?!\\.{1,2}(?:\\/|$))',
  '(?!\\.{0,1}(?:\\/|$))',
  '(?=.)',
];

/**
 * Compiles a glob pattern for tags: picomatch's syntax without `!(…)`. It is matched by RE2 in time linear in the
 * length of the tag, because the senders of webhooks choose the tags.
 * @throws Error if the pattern is invalid, saying why.
 */
export function compileGlob(pattern: string): (tag: string) => boolean {
  const { source } = picomatch.makeRe(pattern, { dot: true, strictBrackets: true });
  const negated = NEGATED.exec(source)?.[1];
  const inner = negated ?? WHOLE.exec(source)?.[1];
  if (inner === undefined) throw new Error('it contains a malformed range or bracket');
  const plain = NEVER_IN_TAGS.reduce((left, each) => left.replaceAll(each, ''), inner);
  if (plain.includes('(?!')) throw new Error('it contains !(…), which is not supported');
  const expression = RE2JS.compile(`(?:${plain})`);
  return (tag) => expression.matcher(tag).matches() !== (negated !== undefined);
}
