import { ValidateIf } from 'class-validator';
import { Temporal } from 'temporal-polyfill';
import { isTimeZone } from '../domain/policy/windows.js';
import { leafRule, wants } from './leaf-rules.js';

/** `HH:MM` up to `last`. */
export function IsTimeOfDay(last: '23:59' | '24:00'): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' &&
    (/^([01]\d|2[0-3]):[0-5]\d$/.test(value) || (last === '24:00' && value === last));
  return leafRule(
    'isTimeOfDay',
    holds,
    wants(`a time of day from "00:00" to "${last}"; write two digits each`),
  );
}

/** Minutes after midnight of a sound `HH:MM`. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

/** An IANA time zone, or nothing. */
export function IsTimeZone(): PropertyDecorator {
  const holds = (value: unknown): boolean => typeof value === 'string' && isTimeZone(value);
  const rule = leafRule('isTimeZone', holds, wants('a time zone; write e.g. Europe/Berlin or UTC'));
  return (prototype, name) => {
    ValidateIf((_, value) => value !== undefined)(prototype, name);
    rule(prototype, name);
  };
}

/** How dates are written, for messages. */
const DATE_FORMS = '2026-12-24, "2026-12-24T18:00" or "2026-12-24T18:00:00Z"';

/** A date or date-time as `DATE_FORMS` has it. */
export function IsDateOrTime(): PropertyDecorator {
  const holds = (value: unknown): boolean =>
    typeof value === 'string' && momentOf(value, 'UTC', 'from') !== null;
  return leafRule(
    'isDateOrTime',
    holds,
    wants(`a date or a date with a time; write e.g. ${DATE_FORMS}`),
  );
}

/**
 * The moment that a date or date-time means: without an offset by the clocks of the time zone. A date alone is its
 * first moment, as the end of a stretch of time its last. Null where it is neither. Milliseconds since 1970.
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
    if (error instanceof RangeError) return null; // There is no such day or time.
    throw error;
  }
}
