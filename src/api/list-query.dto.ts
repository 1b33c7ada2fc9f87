import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { PHASES, type Phase } from '../domain/deployment/deployment.js';
import { IsCursor, LINE_NUMBER, positionOf, ULID } from './cursor.dto.js';

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 200;
const LONGEST_NAME = 253;

/** Which part of a list. Unknown parameters are refused. */
abstract class Page {
  @Transform(({ value }: { value: unknown }) => wholeNumber(value))
  @IsInt({ message: `must be a whole number from 1 to ${String(LARGEST_LIMIT)}` })
  @Min(1, { message: 'must be at least 1' })
  @Max(LARGEST_LIMIT, { message: `must be at most ${String(LARGEST_LIMIT)}` })
  readonly limit: number = DEFAULT_LIMIT;
}

/** A list without parameters. */
export class NoQuery {}

/** `?limit=&cursor=` of a list that is sorted by id, newest first. */
export class ListQuery extends Page {
  @IsOptional()
  @IsCursor(ULID)
  readonly cursor?: string;

  /** The id before this page; null for the first page. */
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

  /** Only the deployments of one grouped deployment. */
  @IsOptional()
  @Matches(ULID, { message: 'must be the id of a grouped deployment' })
  readonly group?: string;
}

/** `GET /deployments/:id/log` */
export class LogQuery extends Page {
  @IsOptional()
  @IsCursor(LINE_NUMBER)
  readonly cursor?: string;

  /** Follows if present, unless it is `false` or `0`. */
  @IsOptional()
  @IsIn(['', 'true', 'false', '1', '0'], { message: 'must be true or false' })
  readonly follow?: string;

  get isFollowed(): boolean {
    return this.follow !== undefined && this.follow !== 'false' && this.follow !== '0';
  }

  /** The number of the line before this page; 0 for the first page. */
  get after(): number {
    return this.cursor === undefined ? 0 : Number(positionOf(this.cursor));
  }
}

function wholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}
