import picomatch from 'picomatch';
import { RE2JS } from 're2js';

/** What picomatch puts around every pattern, and around one that begins with `!`. */
const WHOLE = /^\^\(\?:([\s\S]*)\)\$$/;
const NEGATED = /^\^\(\?!\^\(\?:([\s\S]*)\)\$\)\.\*\$$/;
/**
 * Look-aheads by which picomatch keeps wildcards from empty texts and from the folders `.` and `..`: no tag is any of
 * those, and RE2 has no look-aheads.
 */
const NEVER_IN_TAGS = [
  '(?!(?:^|\\/)\\.{1,2}(?:\\/|$))',
  '(?!\\.{1,2}(?:\\/|$))',
  '(?!\\.{0,1}(?:\\/|$))',
  '(?=.)',
];

/**
 * A glob pattern for tags: picomatch's, but for `!(…)`, and matched by RE2, so that the time for a tag is linear in
 * its length: senders of webhooks choose tags.
 * @throws Error where it is no such pattern, saying why.
 */
export function compileGlob(pattern: string): (tag: string) => boolean {
  const { source } = picomatch.makeRe(pattern, { dot: true, strictBrackets: true });
  const negated = NEGATED.exec(source)?.[1];
  const inner = negated ?? WHOLE.exec(source)?.[1];
  if (inner === undefined) throw new Error('a range or bracket in it is malformed');
  const plain = NEVER_IN_TAGS.reduce((left, each) => left.replaceAll(each, ''), inner);
  if (plain.includes('(?!')) throw new Error('it holds !(…), which is not supported');
  const expression = RE2JS.compile(`(?:${plain})`);
  return (tag) => expression.matcher(tag).matches() !== (negated !== undefined);
}
