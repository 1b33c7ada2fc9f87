import { IsBoolean, IsOptional, IsString, Matches, MaxLength, ValidateBy } from 'class-validator';
import { isDigest, isTag } from '../domain/image-reference.js';
import { ULID } from './cursor.dto.js';

const LONGEST_TEXT = 1000;

/** A rule of the domain for a field of text. */
function Satisfies(rule: (text: string) => boolean, message: string): PropertyDecorator {
  return ValidateBy({
    name: rule.name,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && rule(value),
      defaultMessage: () => message,
    },
  });
}

/** Body of `POST …/deployments`. Without tag and digest: the tag that the service follows. */
export class DeployRequest {
  @IsOptional()
  @Satisfies(isTag, 'must be a tag: 1 to 128 of A-Z a-z 0-9 _ . -')
  readonly tag?: string | null;

  @IsOptional()
  @Satisfies(isDigest, 'must be a digest, such as sha256: and 64 hexadecimal digits')
  readonly digest?: string | null;

  @IsOptional()
  @IsString({ message: 'must be a text' })
  @MaxLength(LONGEST_TEXT, {
    message: `must not be longer than ${String(LONGEST_TEXT)} characters`,
  })
  readonly reason?: string | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  readonly force?: boolean | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  readonly dryRun?: boolean | null;
}

/** Body of `POST …/rollback`. Without `to`: the last good digest. */
export class RollbackRequest {
  @IsOptional()
  @IsString({ message: 'must be the id of a deployment' })
  @Matches(ULID, { message: 'must be the id of a deployment' })
  readonly to?: string | null;

  @IsOptional()
  @IsString({ message: 'must be a text' })
  @MaxLength(LONGEST_TEXT, {
    message: `must not be longer than ${String(LONGEST_TEXT)} characters`,
  })
  readonly reason?: string | null;
}

/** Body of `POST /deployments/:id/cancel`. */
export class CancelRequest {
  @IsOptional()
  @IsString({ message: 'must be a text' })
  @MaxLength(LONGEST_TEXT, {
    message: `must not be longer than ${String(LONGEST_TEXT)} characters`,
  })
  readonly comment?: string | null;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** The fields that the caller really gave: null means the same as left out. */
export function present<T extends object>(fields: T): Present<T> {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given) as Present<T>;
}
