import { quoted } from '../domain/quoted.js';

const LONGEST = 80;

/** A value as it may stand in a message: quoted, on one line, at most 80 characters. Never for secrets. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const text = masked(value);
  return quoted(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** Without the user name and password that an address may hold. */
function masked(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//***@');
}

/** A key as it may stand in a path: as it is, or quoted where it holds blanks or what cannot be shown. */
export function shownKey(key: string): string {
  return key.length <= LONGEST && /^[^\p{C}\p{Z}]+$/u.test(key) ? masked(key) : shown(key);
}

/** `a, b or c`. */
export function alternatives(values: readonly unknown[]): string {
  const last = String(values.at(-1));
  if (values.length < 2) return last;
  return `${values.slice(0, -1).map(String).join(', ')} or ${last}`;
}
