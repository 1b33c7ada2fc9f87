import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { PHASES, type Phase } from '../domain/deployment/deployment.js';
import { IsCursor, LINE_NUMBER, positionOf, ULID } from './cursor.dto.js';

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 200;
const LONGEST_NAME = 253;

/** Which part of a list. Parameters that a list does not know are refused. */
abstract class Page {
  @Transform(({ value }: { value: unknown }) => wholeNumber(value))
  @IsInt({ message: `must be a whole number from 1 to ${String(LARGEST_LIMIT)}` })
  @Min(1, { message: 'must be at least 1' })
  @Max(LARGEST_LIMIT, { message: `must be at most ${String(LARGEST_LIMIT)}` })
  readonly limit: number = DEFAULT_LIMIT;
}

/** A list that takes no parameters. */
export class NoQuery {}

/** `?limit=&cursor=` of a list that is sorted by id, newest first. */
export class ListQuery extends Page {
  @IsOptional()
  @IsCursor(ULID)
  readonly cursor?: string;

  /** Id that the page comes after; null for the first page. */
  get before(): string | null {
    return this.cursor === undefined ? null : positionOf(this.cursor);
  }
}

/** `GET /deployments` */
export class DeploymentListQuery extends ListQuery {
  @IsOptional()
  @IsString()
  @Length(1, LONGEST_NAME, { message: 'must be the name of an environment' })
  readonly environment?: string;

  @IsOptional()
  @IsString()
  @Length(1, LONGEST_NAME, { message: 'must be the name of a service' })
  readonly service?: string;

  @IsOptional()
  @IsIn(PHASES, { message: `must be one of ${PHASES.join(', ')}` })
  readonly phase?: Phase;

  /** Those of one grouped deployment. */
  @IsOptional()
  @Matches(ULID, { message: 'must be the id of a grouped deployment' })
  readonly group?: string;
}

/** `GET /deployments/:id/log` */
export class LogQuery extends Page {
  @IsOptional()
  @IsCursor(LINE_NUMBER)
  readonly cursor?: string;

  /** Present at all, or `true`; `false` means not to follow. */
  @IsOptional()
  @IsIn(['', 'true', 'false', '1', '0'], { message: 'must be true or false' })
  readonly follow?: string;

  get isFollowed(): boolean {
    return this.follow !== undefined && this.follow !== 'false' && this.follow !== '0';
  }

  /** Number of the line that the page comes after; 0 for the first page. */
  get after(): number {
    return this.cursor === undefined ? 0 : Number(positionOf(this.cursor));
  }
}

function wholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}
