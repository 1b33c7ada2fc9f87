import { messageOf } from '../domain/errors.js';
import { PRIVATE_ADDRESS_CODE } from './address-guard.js';

/**
 * Why a request got no usable answer. `wrong-scheme`: the server does not speak TLS, or speaks TLS although
 * plain http was tried; `refused`: nothing listens on the port; `refused-address`: we may not connect there.
 */
export type RequestFailure =
  'refused-address' | 'refused' | 'timeout' | 'too-large' | 'unreachable' | 'wrong-scheme';

/** A request without a usable answer. It has no error code: what the failure means depends on who sent the request. */
export class OutgoingRequestError extends Error {
  constructor(
    readonly failure: RequestFailure,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OutgoingRequestError';
  }
}

/** Wraps an error of undici or of the socket with a human-readable message. Those errors hold no headers. */
export function outgoingRequestError(url: URL, error: unknown): OutgoingRequestError {
  if (error instanceof OutgoingRequestError) return error;
  const code = codeOf(error);
  if (code === PRIVATE_ADDRESS_CODE) {
    return new OutgoingRequestError(
      'refused-address',
      `${url.host} resolves to a private address and is not named in the configuration`,
    );
  }
  const failure = failureOf(code);
  if (failure === 'timeout') {
    return new OutgoingRequestError(
      failure,
      `${url.host} could not be connected to in time`,
      error,
    );
  }
  const why = messageOf(error) === '' ? code : messageOf(error);
  return new OutgoingRequestError(failure, `${url.host} cannot be reached: ${why}`, error);
}

function failureOf(code: string): RequestFailure {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout';
  const isWrongScheme =
    code === 'EPROTO' ||
    code === 'ECONNRESET' ||
    code === 'UND_ERR_SOCKET' ||
    code.startsWith('ERR_SSL_') ||
    code.startsWith('HPE_');
  return isWrongScheme ? 'wrong-scheme' : 'unreachable';
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
