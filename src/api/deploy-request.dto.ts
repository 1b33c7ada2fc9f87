import { applyDecorators } from '@nestjs/common';
import {
  IsBoolean,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateBy,
} from 'class-validator';
import { DeployError } from '../domain/errors.js';
import { isDigest, isTag, parseImageReference } from '../domain/image/image-reference.js';
import { ULID } from './cursor.dto.js';

const LONGEST_TEXT = 1000;

/** A rule of the domain for a string field. */
function Satisfies(rule: (text: string) => boolean, message: string): PropertyDecorator {
  return ValidateBy({
    name: rule.name,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && rule(value),
      defaultMessage: () => message,
    },
  });
}

/** A human-readable field. */
function OptionalText(): PropertyDecorator {
  const tooLong = `must not be longer than ${String(LONGEST_TEXT)} characters`;
  return applyDecorators(
    IsOptional(),
    IsString({ message: 'must be a string' }),
    MaxLength(LONGEST_TEXT, { message: tooLong }),
  );
}

/** Body of `POST …/deployments`. Default without a digest: the tag that the service follows. */
export class DeployRequest {
  @IsOptional()
  @Satisfies(isTag, 'must be a tag: 1 to 128 of A-Z a-z 0-9 _ . -')
  readonly tag?: string | null;

  @IsOptional()
  @Satisfies(isDigest, 'must be a digest, such as sha256: and 64 hexadecimal digits')
  readonly digest?: string | null;

  @OptionalText()
  readonly reason?: string | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  readonly force?: boolean | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  readonly dryRun?: boolean | null;
}

/** Body of `POST …/rollback`. `to` defaults to the last good digest. */
export class RollbackRequest {
  @IsOptional()
  @IsString({ message: 'must be the id of a deployment' })
  @Matches(ULID, { message: 'must be the id of a deployment' })
  readonly to?: string | null;

  @OptionalText()
  readonly reason?: string | null;
}

/** Body of `POST /deployments/:id/approve`, `reject` and `cancel`. */
export class VerdictRequest {
  @OptionalText()
  readonly comment?: string | null;
}

/** Body of `PUT /environments/:environment/freeze`. */
export class FreezeRequest {
  @IsString({ message: 'must be a string: the reason that people will read' })
  @Length(1, LONGEST_TEXT, {
    message: `must be a string of 1 to ${String(LONGEST_TEXT)} characters`,
  })
  readonly reason!: string;

  @IsOptional()
  @Satisfies(isTime, 'must be a time such as 2026-12-24T18:00:00Z, with its offset')
  readonly until?: string | null;
}

/** Body of `POST /environments/:environment/explain`. */
export class ExplainRequest {
  @Satisfies(isRepository, 'must be a repository such as acme/web, without tag and digest')
  readonly image!: string;

  @Satisfies(isTag, 'must be a tag: 1 to 128 of A-Z a-z 0-9 _ . -')
  readonly tag!: string;
}

function isTime(text: string): boolean {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
  return form.test(text) && !Number.isNaN(Date.parse(text));
}

function isRepository(text: string): boolean {
  try {
    const { tag, digest } = parseImageReference(text);
    return tag === null && digest === null;
  } catch (error) {
    if (error instanceof DeployError) return false;
    throw error;
  }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** The fields that the caller set: null is the same as omitted. */
export function present<T extends object>(fields: T): Present<T> {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given) as Present<T>;
}
