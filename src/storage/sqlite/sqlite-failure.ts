import { DeployError, messageOf } from '../../domain/errors.js';

/**
 * Failures of the disk, the file or the machine rather than of the statement: primary result codes
 * (https://sqlite.org/rescode.html) with SQLite's messages, because errors of `all()` in `@photostructure/sqlite`
 * have no code.
 */
const UNAVAILABLE: readonly { readonly code: number; readonly message: string }[] = [
  { code: 5, message: 'database is locked' },
  { code: 6, message: 'database table is locked' },
  { code: 7, message: 'out of memory' },
  { code: 8, message: 'attempt to write a readonly database' },
  { code: 10, message: 'disk I/O error' },
  { code: 11, message: 'database disk image is malformed' },
  { code: 13, message: 'database or disk is full' },
  { code: 14, message: 'unable to open database file' },
  { code: 26, message: 'file is not a database' },
];

const BUSY = 5;
const NOT_A_DATABASE = 26;

/** Whether SQLite could not work, as opposed to rejecting a statement. */
export function isUnavailable(error: unknown): boolean {
  return unavailableCode(error) !== null;
}

/** Whether another connection holds the requested lock. */
export function isBusy(error: unknown): boolean {
  return unavailableCode(error) === BUSY;
}

/** Whether the file is not a SQLite database. */
export function isNotADatabase(error: unknown): boolean {
  return unavailableCode(error) === NOT_A_DATABASE;
}

/**
 * What callers of a repository see: `DeployError`s as they are, `storage-unavailable` if SQLite could not work, and
 * `internal` if it rejected a statement, which is a bug of ours.
 */
export function toDeployError(error: unknown): unknown {
  if (error instanceof DeployError || !isSqliteError(error)) return error;
  return isUnavailable(error)
    ? new DeployError('storage-unavailable', `storage does not work: ${messageOf(error)}`, {
        cause: error,
      })
    : new DeployError('internal', `storage rejected a statement: ${messageOf(error)}`, {
        cause: error,
      });
}

function unavailableCode(error: unknown): number | null {
  if (!isSqliteError(error)) return null;
  const code =
    'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null;
  const found = UNAVAILABLE.find((known) =>
    code === null ? error.message.includes(known.message) : known.code === code,
  );
  return found?.code ?? null;
}

function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
