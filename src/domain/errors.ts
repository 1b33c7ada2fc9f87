/**
 * Every stable error code of Deploy and what it means for the caller. `docs/troubleshooting.md`
 * explains each; a test keeps the two in step.
 *
 * `atFault: true`: the version itself was bad, so its digest is quarantined (it exited, ran out of
 * memory, turned unhealthy or could not be executed). `retryable`: the same request may succeed later
 * without a change by the caller.
 */
export const ERROR_CODES = {
  invalid: { retryable: false },
  'invalid-reference': { retryable: false },
  'not-found': { retryable: false },
  unauthorized: { retryable: false },
  forbidden: { retryable: false },
  throttled: { retryable: true },
  'method-not-allowed': { retryable: false },
  timeout: { retryable: true },
  'too-large': { retryable: false },
  'unsupported-media-type': { retryable: false },
  'wrong-phase': { retryable: false },
  gone: { retryable: false },
  'no-public-url': { retryable: false },
  'storage-unavailable': { retryable: true },
  internal: { retryable: true },

  'tag-not-found': { retryable: true },
  'registry-auth': { retryable: false },
  'registry-unavailable': { retryable: true },
  'registry-protocol': { retryable: true },

  'engine-unavailable': { retryable: true },
  'engine-error': { retryable: true },
  'container-missing': { retryable: false },
  'container-paused': { retryable: true },
  'container-unsupported': { retryable: false },
  'strategy-unsupported': { retryable: false },
  'image-mismatch': { retryable: false },
  'has-dependents': { retryable: false },
  'name-taken': { retryable: false },
  'pull-failed': { retryable: true },
  'disk-full': { retryable: true },
  'create-failed': { retryable: false },
  'settings-changed': { retryable: false },
  'tag-moved': { retryable: true },
  'probe-unreachable': { retryable: false },
  'no-rollback-target': { retryable: false },
  'handler-failed': { retryable: true },

  'port-taken': { retryable: true },
  'start-failed': { retryable: true },
  'not-executable': { retryable: false, atFault: true },
  exited: { retryable: false, atFault: true },
  'out-of-memory': { retryable: false, atFault: true },
  unhealthy: { retryable: false, atFault: true },
  'health-timeout': { retryable: false, atFault: true },
  'container-removed': { retryable: true },
  'wrong-image': { retryable: true },
  'dependent-failed': { retryable: true },
  'hook-failed': { retryable: true },
  'restore-failed': { retryable: false },
  'unknown-state': { retryable: false },
  interrupted: { retryable: true },
} as const satisfies Record<string, { retryable: boolean; atFault?: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a failure with this code means that the version itself was bad. */
export function isVersionAtFault(code: ErrorCode): boolean {
  const entry: { retryable: boolean; atFault?: boolean } = ERROR_CODES[code];
  return entry.atFault === true;
}

/** A failure with a stable code and a human-readable message, which never contains secrets. */
export class DeployError extends Error {
  readonly retryable: boolean;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterMs?: number },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DeployError';
    this.retryable = ERROR_CODES[code].retryable;
    this.retryAfterMs = options?.retryAfterMs ?? null;
  }

  /** How long the remote side asked to wait before the next try, in milliseconds; null if it did not. */
  readonly retryAfterMs: number | null;
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
