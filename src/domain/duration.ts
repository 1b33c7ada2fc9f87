const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A length of time in its two largest units, for people: `3 h 12 min`, `45 s`, `2 d`; rounded up to whole seconds. */
export function inWords(milliseconds: number): string {
  let rest = Math.max(1_000, Math.ceil(milliseconds / 1_000) * 1_000);
  const parts: string[] = [];
  const largest = UNITS.findIndex(([, size]) => rest >= size);
  for (const [unit, size] of UNITS.slice(largest, largest + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${String(count)} ${unit}`);
  }
  return parts.join(' ');
}

const WRITTEN = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A length of time as the configuration writes it: `24h`, `90s`, `500ms`. */
export function asWritten(milliseconds: number): string {
  const fitting = WRITTEN.find(([, size]) => milliseconds >= size && milliseconds % size === 0);
  if (fitting === undefined) return `${String(milliseconds)}ms`;
  return `${String(milliseconds / fitting[1])}${fitting[0]}`;
}
