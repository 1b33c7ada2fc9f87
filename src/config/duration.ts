const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How durations are written, for messages. */
export const DURATION_FORMS = '500ms, 30s, 10m, 24h or 7d';

/** Milliseconds of `500ms`, `30s`, `10m`, `24h`, `7d`; null where it is none of these forms. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return null;
  const milliseconds = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return Number.isSafeInteger(milliseconds) ? milliseconds : null;
}
