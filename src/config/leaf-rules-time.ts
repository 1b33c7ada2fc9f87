import { ValidateIf } from 'class-validator';
import { Temporal } from 'temporal-polyfill';
import { isTimeZone } from '../domain/policy/windows.js';
import { leafRule, wants } from './leaf-rules.js';

/** `HH:MM`, at most `last`. */
export function IsTimeOfDay(last: '23:59' | '24:00'): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' &&
    (/^([01]\d|2[0-3]):[0-5]\d$/.test(value) || (last === '24:00' && value === last));
  return leafRule(
    'isTimeOfDay',
    holds,
    wants(
      `a time of day from "00:00" to "${last}"; write hours and minutes with two digits each, e.g. "09:00"`,
    ),
  );
}

/** Minutes after midnight of a valid `HH:MM`. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

/** An IANA time zone; optional. */
export function IsTimeZone(): PropertyDecorator {
  const holds = (value: unknown): boolean => typeof value === 'string' && isTimeZone(value);
  const rule = leafRule('isTimeZone', holds, wants('a time zone; write e.g. Europe/Berlin or UTC'));
  return (prototype, name) => {
    ValidateIf((_, value) => value !== undefined)(prototype, name);
    rule(prototype, name);
  };
}

/** The accepted forms of dates, for messages. */
const DATE_FORMS = '2026-12-24, "2026-12-24T18:00" or "2026-12-24T18:00:00Z"';

/** A date or date-time in one of `DATE_FORMS`. */
export function IsDateOrTime(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && momentOf(value, 'UTC', 'from') !== null;
  return leafRule('isDateOrTime', holds, wants(`a date or date-time; write e.g. ${DATE_FORMS}`));
}

/**
 * The moment that a date or date-time means, in milliseconds since 1970; null if `text` is neither. Without an offset
 * it is local time in `timezone`. A date alone means the beginning of that day, or its end if `as` is `to`.
 */
export function momentOf(text: string, timezone: string, as: 'from' | 'to'): number | null {
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) {
      const day = Temporal.PlainDate.from(text).add({ days: as === 'to' ? 1 : 0 });
      return day.toZonedDateTime(timezone).epochMilliseconds;
    }
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return null;
    if (/(Z|[+-]\d\d:\d\d)$/.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
    return Temporal.PlainDateTime.from(text).toZonedDateTime(timezone).epochMilliseconds;
  } catch (error) {
    if (error instanceof RangeError) return null; // No such day or time exists.
    throw error;
  }
}
