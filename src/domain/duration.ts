const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** One day, in milliseconds. */
export const DAY_MS = 86_400_000;

/** Units as written in the configuration, largest first. */
const UNITS = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
  ['ms', 1],
] as const;

/** Examples of valid durations, for messages. */
export const DURATION_FORMS = '500ms, 30s, 10m, 24h or 7d';

/** Milliseconds of `500ms`, `30s`, `10m`, `24h`, `7d`; null if the text is not of this form. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS.find(([name]) => name === match?.[2]);
  if (match === null || unit === undefined) return null;
  const milliseconds = Number(match[1]) * unit[1];
  return Number.isSafeInteger(milliseconds) ? milliseconds : null;
}

/** A duration as written in the configuration: `24h`, `90s`, `500ms`. */
export function formatDuration(milliseconds: number): string {
  const [unit, size] = UNITS.find(
    ([, each]) => milliseconds >= each && milliseconds % each === 0,
  ) ?? ['ms', 1];
  return `${String(milliseconds / size)}${unit}`;
}

/** A duration in its two largest units, human-readable: `3 h 12 min`, `45 s`, `2 d`; rounded up to whole seconds. */
export function humanizeDuration(milliseconds: number): string {
  let rest = Math.max(SECOND_MS, Math.ceil(milliseconds / SECOND_MS) * SECOND_MS);
  const parts: string[] = [];
  const largest = UNITS.findIndex(([, size]) => rest >= size);
  for (const [unit, size] of UNITS.slice(largest, largest + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${String(count)} ${unit === 'm' ? 'min' : unit}`);
  }
  return parts.join(' ');
}
