import { STATUS_CODES } from 'node:http';
import { ERROR_CODES, type DeployError, type ErrorCode } from '../domain/errors.js';

/** One error in the input. `path` is a field such as `tag` or `limit`; empty for the body as a whole. */
export interface InputError {
  readonly path: string;
  readonly message: string;
}

/** An error answer by RFC 9457, with a stable `code`. It never contains anything secret or internal. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** Only with `code: invalid`. */
  readonly errors?: readonly InputError[];
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  invalid: 400,
  'invalid-reference': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  timeout: 408,
  'wrong-phase': 409,
  gone: 410,
  'too-large': 413,
  'unsupported-media-type': 415,
  throttled: 429,
  internal: 500,
  'registry-auth': 502,
  'registry-protocol': 502,
  'engine-error': 502,
};

/** The HTTP status of a code: unless listed, 503 if it is retryable and 409 if not. */
function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? (ERROR_CODES[code].retryable ? 503 : 409);
}

export function problemOf(
  code: ErrorCode,
  detail: string,
  errors?: readonly InputError[],
): Problem {
  const status = statusOf(code);
  const problem = {
    type: `urn:deploy:error:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
  };
  if (code !== 'invalid') return problem;
  return { ...problem, errors: errors ?? [{ path: '', message: detail }] };
}

/** The answer for an error with a code; one for `internal` reveals nothing about the error. */
export function problemOfError(error: DeployError, errors?: readonly InputError[]): Problem {
  if (error.code === 'internal') return internalProblem();
  const code = error.code === 'invalid-reference' ? 'invalid' : error.code;
  return problemOf(code, error.message, errors);
}

export function internalProblem(): Problem {
  return problemOf('internal', 'an internal error occurred; see the log of the server');
}
