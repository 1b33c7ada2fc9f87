import { ValidateBy, type ValidationOptions } from 'class-validator';

const PREFIX = 'v1:';
/** Ids of deployments and deliveries. */
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
/** Numbers of log lines. */
export const LINE_NUMBER = /^\d{1,12}$/;

/** The position at which a list continues, as callers see it: opaque, so that its content may change. */
export function cursorOf(position: string): string {
  return Buffer.from(PREFIX + position, 'latin1').toString('base64url');
}

/** The position in a cursor made by `cursorOf`; null for any other string. */
export function positionOf(cursor: string): string | null {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!text.startsWith(PREFIX)) return null;
  const position = text.slice(PREFIX.length);
  return cursorOf(position) === cursor ? position : null;
}

/** A cursor whose position matches `form`. */
export function IsCursor(form: RegExp, options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCursor',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && form.test(positionOf(value) ?? ''),
        defaultMessage: () => 'must be the "next" of an earlier answer',
      },
    },
    options,
  );
}
