import { Secret } from './secret.js';

const MASK = '***';
/** What is shorter stands in too many words to be a secret of them. */
const SHORTEST = 4;
/** A line of a secret of several lines is one of its own from this length on. */
const SHORTEST_LINE = 8;

/**
 * The values of all secrets in `value`, however deep: each as a whole, and the lines of those that have several,
 * because output is shown line by line. The longest come first.
 */
export function secretValuesIn(value: unknown): readonly string[] {
  const found = new Set(secretsIn(value).flatMap((secret) => partsOf(secret.reveal())));
  return [...found].sort((one, other) => other.length - one.length);
}

/** The text with `***` for every one of these values. Values of less than four characters stay. */
export function redacted(text: string, values: readonly string[]): string {
  return values.reduce((shown, value) => shown.replaceAll(value, MASK), text);
}

function secretsIn(value: unknown, seen = new Set<object>()): Secret[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof Secret) return [value];
  return Object.values(value).flatMap((each) => secretsIn(each, seen));
}

function partsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
  return [value, ...lines].filter((part) => part.length >= SHORTEST);
}
