import { quoted } from '../domain/quoted.js';

const LONGEST = 80;

/** A value in the form that messages show: quoted, on one line, at most 80 characters. Never use it for secrets. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const text = masked(value);
  return quoted(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** Hides the user name and password of a URL. */
function masked(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//***@');
}

/** A key in the form that paths show: unchanged, or quoted if it contains spaces or unprintable characters. */
export function shownKey(key: string): string {
  return key.length <= LONGEST && /^[^\p{C}\p{Z}]+$/u.test(key) ? masked(key) : shown(key);
}

/** `a, b or c`. */
export function alternatives(values: readonly unknown[]): string {
  const last = String(values.at(-1));
  if (values.length < 2) return last;
  return `${values.slice(0, -1).map(String).join(', ')} or ${last}`;
}
