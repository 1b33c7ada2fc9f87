import { Temporal } from 'temporal-polyfill';
import { DAYS, type Day, type Window } from '../settings/policy-settings.js';
import { DAY_MS } from '../duration.js';

const MINUTES_A_DAY = 1_440;
/** A window opens at least once a week, or the week after if a change of the clocks skips it. */
const LOOK_AHEAD_DAYS = 15;

/**
 * Whether the local time in the window's time zone is within it. When the clocks are put forward, skipped times are in
 * no window; when they are put back, repeated times are in it twice.
 * @param now Milliseconds since 1970.
 */
export function isOpen(window: Window, now: number): boolean {
  const local = wallClock(now, window.timezone);
  const minutes = local.hour * 60 + local.minute;
  const today = dayOf(local);
  if (window.from < window.to) {
    return window.days.includes(today) && minutes >= window.from && minutes < window.to;
  }
  const yesterday = dayOf(local.subtract({ days: 1 }));
  return (
    (window.days.includes(today) && minutes >= window.from) ||
    (window.days.includes(yesterday) && minutes < window.to)
  );
}

/** Whether any of these windows is open; true if there are none. */
export function isAnyOpen(windows: readonly Window[], now: number): boolean {
  return windows.length === 0 || windows.some((window) => isOpen(window, now));
}

/** When the next window opens, and which; null if none ever does. `at` and `now`: milliseconds since 1970. */
export function nextOpening(
  windows: readonly Window[],
  now: number,
): { readonly at: number; readonly window: Window } | null {
  const openings = windows
    .map((window) => ({ window, at: nextChange(window, now, true) }))
    .filter((each) => each.at !== null) as { window: Window; at: number }[];
  return openings.sort((left, right) => left.at - right.at)[0] ?? null;
}

/** The next moment at which no window is open any more; null if one always is. Milliseconds since 1970. */
export function nextClosing(windows: readonly Window[], now: number): number | null {
  let at = now;
  const end = now + LOOK_AHEAD_DAYS * DAY_MS;
  while (at < end) {
    const closings = windows
      .filter((window) => isOpen(window, at))
      .map((window) => nextChange(window, at, false));
    if (closings.some((each) => each === null)) return null;
    if (closings.length === 0) return at;
    at = Math.max(...(closings as number[]));
  }
  return null;
}

/** `Mon–Thu 09:00–16:30 Europe/Berlin`. */
export function describeWindow({ days, from, to, timezone }: Window): string {
  return `${describeDays(days)} ${clock(from)}–${clock(to)} ${timezone}`;
}

/** `HH:MM` of minutes after midnight. */
export function clock(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Whether there is such a time zone. */
export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false; // Nothing else makes it throw.
  }
}

/** The first moment after `now` at which the window opens (or closes); null if there is none. */
function nextChange(window: Window, now: number, toOpen: boolean): number | null {
  const moments = [...momentsOf(window, now)].filter((at) => at > now).sort((a, b) => a - b);
  return (
    moments.find((at) => isOpen(window, at) === toOpen && isOpen(window, at - 1) !== toOpen) ?? null
  );
}

/** Every moment of the next days at which the window may open or close: its two times, and changes of the clocks. */
function* momentsOf({ from, to, timezone }: Window, now: number): Generator<number> {
  const start = wallClock(now, timezone);
  const end = now + LOOK_AHEAD_DAYS * DAY_MS;
  for (
    let change = start.getTimeZoneTransition('next');
    change !== null && change.epochMilliseconds <= end;
    change = change.getTimeZoneTransition('next')
  ) {
    yield change.epochMilliseconds;
  }
  const first = start.toPlainDate();
  for (let day = -1; day <= LOOK_AHEAD_DAYS; day++) {
    for (const minutes of [from, to % MINUTES_A_DAY]) {
      const local = first
        .add({ days: day })
        .toPlainDateTime({ hour: Math.floor(minutes / 60), minute: minutes % 60 });
      for (const disambiguation of ['earlier', 'later'] as const) {
        yield local.toZonedDateTime(timezone, { disambiguation }).epochMilliseconds;
      }
    }
  }
}

function wallClock(now: number, timezone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
}

function dayOf({ dayOfWeek }: Temporal.ZonedDateTime): Day {
  return DAYS[dayOfWeek - 1] ?? 'mon';
}

/** `Mon–Thu`, `Sat, Sun`, `every day`. */
function describeDays(days: readonly Day[]): string {
  if (days.length === DAYS.length) return 'every day';
  const runs: Day[][] = [];
  for (const day of DAYS.filter((each) => days.includes(each))) {
    const last = runs.at(-1);
    const isNext =
      last !== undefined && DAYS.indexOf(day) === DAYS.indexOf(last[0] ?? day) + last.length;
    if (isNext) last.push(day);
    else runs.push([day]);
  }
  return runs
    .map((run) => {
      const names = run.map((day) => day.charAt(0).toUpperCase() + day.slice(1));
      return names.length > 2 ? `${names[0] ?? ''}–${names.at(-1) ?? ''}` : names.join(', ');
    })
    .join(', ');
}
