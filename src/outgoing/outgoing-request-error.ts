import { DeployError, messageOf } from '../domain/errors.js';
import { PRIVATE_ADDRESS_CODE } from './address-guard.js';

/**
 * Why a request had no answer. `wrong-scheme`: the other side does not speak TLS, or speaks it where
 * plain http was tried; `refused`: nobody listens there.
 */
export type RequestFailure =
  'refused-address' | 'refused' | 'timeout' | 'too-large' | 'unreachable' | 'wrong-scheme';

/** A request without a usable answer: `registry-unavailable`, or `registry-protocol` where the answer was the fault. */
export class OutgoingRequestError extends DeployError {
  constructor(
    readonly failure: RequestFailure,
    message: string,
    cause?: unknown,
  ) {
    const isProtocol = failure === 'refused-address' || failure === 'too-large';
    super(isProtocol ? 'registry-protocol' : 'registry-unavailable', message, { cause });
    this.name = 'OutgoingRequestError';
  }
}

/** Says for people what a failure of undici or of the socket below it was. Their errors hold no headers. */
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
