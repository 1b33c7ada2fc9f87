import { Secret } from './secret.js';

const MASK = '***';
/** Shorter values would mask ordinary text. */
const SHORTEST = 4;
/** Lines of a multi-line secret are masked separately from this length on. */
const SHORTEST_LINE = 8;

/**
 * The values of all secrets in `value`, however deeply nested: each as a whole, and each line of a multi-line one,
 * because output is shown line by line. Longest first.
 */
export function secretValuesIn(value: unknown): readonly string[] {
  const found = new Set(secretsIn(value).flatMap((secret) => partsOf(secret.reveal())));
  return [...found].sort((one, other) => other.length - one.length);
}

/** The text with `***` in place of each of these values. */
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
