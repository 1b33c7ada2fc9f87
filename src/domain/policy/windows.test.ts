import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { DAYS, type Window } from '../settings/policy-settings.js';
import {
  describeWindow,
  isAnyOpen,
  isOpen,
  isTimeZone,
  nextClosing,
  nextOpening,
} from './windows.js';

const BERLIN = 'Europe/Berlin';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function aWindow(from: string, to: string, parts: Partial<Window> = {}): Window {
  return { days: DAYS, from: minutes(from), to: minutes(to), timezone: BERLIN, ...parts };
}

function minutes(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return hour * 60 + minute;
}

/** Milliseconds since 1970 of a time with its offset. */
const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;
const opens = (window: Window, now: string): string | undefined => {
  const next = nextOpening([window], at(now));
  return next === null ? undefined : shown(next.at, window.timezone);
};
const shown = (time: number, timezone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(time)
    .toZonedDateTimeISO(timezone)
    .toString({ timeZoneName: 'never', smallestUnit: 'minute' });

describe('a window', () => {
  const office = aWindow('09:00', '16:30', { days: ['mon', 'tue', 'wed', 'thu'] });

  it('is open from its first minute until before its last, on its days, in its own time zone', () => {
    // 2026-11-26 is a Thursday; Berlin is an hour ahead of UTC then.
    expect(isOpen(office, at('2026-11-26T07:59:59.999Z'))).toBe(false);
    expect(isOpen(office, at('2026-11-26T08:00:00Z'))).toBe(true);
    expect(isOpen(office, at('2026-11-26T15:29:59.999Z'))).toBe(true);
    expect(isOpen(office, at('2026-11-26T15:30:00Z'))).toBe(false);
    expect(isOpen(office, at('2026-11-27T09:00:00Z'))).toBe(false);
  });

  it('opens next on its next day', () => {
    expect(opens(office, '2026-11-26T05:00:00Z')).toBe('2026-11-26T09:00+01:00');
    expect(opens(office, '2026-11-26T16:00:00Z')).toBe('2026-11-30T09:00+01:00');
    expect(opens(aWindow('09:00', '10:00', { days: ['thu'] }), '2026-11-26T10:00:00Z')).toBe(
      '2026-12-03T09:00+01:00',
    );
  });

  it('runs over midnight, and then belongs to the day of its first minute', () => {
    const night = aWindow('22:00', '04:00', { days: ['fri'] });
    expect(isOpen(night, at('2026-11-27T21:00:00Z'))).toBe(true);
    expect(isOpen(night, at('2026-11-28T02:59:00Z'))).toBe(true);
    expect(isOpen(night, at('2026-11-28T03:00:00Z'))).toBe(false);
    expect(isOpen(night, at('2026-11-28T21:30:00Z'))).toBe(false);
    expect(isOpen(night, at('2026-11-27T02:00:00Z'))).toBe(false);
  });

  it('may last the whole day', () => {
    const friday = aWindow('00:00', '24:00', { days: ['fri'] });
    expect(isOpen(friday, at('2026-11-27T22:59:59Z'))).toBe(true);
    expect(isOpen(friday, at('2026-11-27T23:00:00Z'))).toBe(false);
    expect(nextClosing([friday], at('2026-11-27T10:00:00Z'))).toBe(at('2026-11-27T23:00:00Z'));
  });

  it('never closes if another opens at its end', () => {
    const days = aWindow('00:00', '24:00');
    expect(nextClosing([days], at('2026-11-27T10:00:00Z'))).toBeNull();
    const halves = [aWindow('00:00', '12:00'), aWindow('12:00', '24:00')];
    expect(nextClosing(halves, at('2026-11-27T10:00:00Z'))).toBeNull();
    const gap = [aWindow('08:00', '12:00'), aWindow('11:00', '14:00')];
    expect(nextClosing(gap, at('2026-11-27T10:00:00Z'))).toBe(at('2026-11-27T13:00:00Z'));
  });

  it('is described by its days, times and time zone', () => {
    expect(describeWindow(office)).toBe('Mon–Thu 09:00–16:30 Europe/Berlin');
    expect(describeWindow(aWindow('22:00', '24:00'))).toBe('every day 22:00–24:00 Europe/Berlin');
    const some = aWindow('00:00', '01:00', { days: ['mon', 'wed', 'sat', 'sun'] });
    expect(describeWindow(some)).toBe('Mon, Wed, Sat, Sun 00:00–01:00 Europe/Berlin');
  });

  it('needs an existing time zone', () => {
    expect(['Europe/Berlin', 'UTC', 'America/New_York'].map(isTimeZone)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['Europe/Bern', '', '+02:00', 'Berlin'].map(isTimeZone)).toEqual(Array(4).fill(false));
  });
});

describe('when the clocks are put forward', () => {
  // 2026-03-29, 02:00 becomes 03:00 in Berlin.
  it('a window inside the hour that is skipped does not open that day', () => {
    const skipped = aWindow('02:15', '02:45');
    expect(opens(skipped, '2026-03-28T12:00:00Z')).toBe('2026-03-30T02:15+02:00');
    const weekly = aWindow('02:15', '02:45', { days: ['sun'] });
    expect(opens(weekly, '2026-03-28T12:00:00Z')).toBe('2026-04-05T02:15+02:00');
  });

  it('a window that begins in the skipped hour opens at its end', () => {
    expect(opens(aWindow('02:30', '05:00'), '2026-03-28T12:00:00Z')).toBe('2026-03-29T03:00+02:00');
  });

  it('a window that ends in the skipped hour closes at its start', () => {
    const window = aWindow('01:00', '02:30');
    expect(nextClosing([window], at('2026-03-29T00:30:00Z'))).toBe(at('2026-03-29T01:00:00Z'));
  });
});

describe('when the clocks are put back', () => {
  // 2026-10-25, 03:00 becomes 02:00 in Berlin.
  const doubled = aWindow('02:15', '02:45');

  it('a window inside the repeated hour opens twice', () => {
    expect(opens(doubled, '2026-10-24T23:00:00Z')).toBe('2026-10-25T02:15+02:00');
    expect(opens(doubled, '2026-10-25T00:45:00Z')).toBe('2026-10-25T02:15+01:00');
    expect(opens(doubled, '2026-10-25T01:45:00Z')).toBe('2026-10-26T02:15+01:00');
  });

  it('a window over it lasts an hour longer', () => {
    const window = aWindow('01:00', '04:00');
    const opened = at('2026-10-24T23:00:00Z');
    expect(isOpen(window, opened)).toBe(true);
    expect(nextClosing([window], opened)).toBe(opened + 4 * HOUR_MS);
  });
});

describe('whatever the windows and the time', () => {
  const zones = ['UTC', BERLIN, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
  const window = fc.record({
    days: fc.subarray([...DAYS], { minLength: 1 }),
    from: fc.integer({ min: 0, max: 1_439 }),
    to: fc.integer({ min: 1, max: 1_440 }),
    timezone: fc.constantFrom(...zones),
  });
  const windows = fc.array(
    window.filter(({ from, to }) => from !== to && !(from === 0 && to === 1_440)),
    { minLength: 1, maxLength: 3 },
  );
  // Around the changes of the clocks of 2026 as well as anywhere else.
  const moment = fc.oneof(
    fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-01-01T00:00Z') }),
    fc
      .tuple(
        fc.constantFrom('2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-11-01T06:00Z').map(at),
        fc.integer({ min: -6 * HOUR_MS, max: 6 * HOUR_MS }),
      )
      .map(([change, offset]) => change + offset),
  );

  it('the next opening is the first open moment, and nothing is open before it', () => {
    fc.assert(
      fc.property(
        windows,
        moment,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (some, now, part) => {
          fc.pre(!isAnyOpen(some, now));
          const next = nextOpening(some, now);
          if (next === null) return;
          expect(next.at).toBeGreaterThan(now);
          expect(isAnyOpen(some, next.at)).toBe(true);
          expect(isAnyOpen(some, next.at - 1)).toBe(false);
          expect(isAnyOpen(some, Math.floor(now + (next.at - now - 1) * part))).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('a window is open until the next closing, and none at that moment', () => {
    fc.assert(
      fc.property(
        windows,
        moment,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (some, now, part) => {
          fc.pre(isAnyOpen(some, now));
          const end = nextClosing(some, now);
          if (end === null) return;
          expect(end).toBeGreaterThan(now);
          expect(isAnyOpen(some, end)).toBe(false);
          expect(isAnyOpen(some, Math.floor(now + (end - now - 1) * part))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});
