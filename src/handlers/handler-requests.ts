import type { AskedRequest, GivenAnswer, Method } from './protocol.js';
import { METHODS } from './protocol.js';
import type { FetchForHandler } from './handler-process.js';

/** Of a request's and of an answer's body. */
const MOST_BYTES = 1_048_576;

/** A request, as the server's own guarded client takes it. */
export interface OutgoingRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `public`: private addresses are refused. */
  readonly reach: 'any' | 'public';
  readonly verifyCertificate: boolean;
  readonly maximumBytes: number;
  readonly signal: AbortSignal;
}

/** Sends a request and reads the whole answer. */
export type SendRequest = (request: OutgoingRequest) => Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}>;

/**
 * What stands behind `api.fetch`. `hosts` are those that may be asked although their address is private, as
 * they are at each request.
 */
export function fetchForHandlers(
  send: SendRequest,
  hosts: () => readonly string[],
): FetchForHandler {
  return async (asked, signal) => {
    const answer = await send({ ...readRequest(asked, hosts()), signal });
    return {
      status: answer.status,
      headers: oneEach(answer.headers),
      body: answer.body.toString('utf8'),
    };
  };
}

function readRequest(
  { url: address, method: name, headers, body }: AskedRequest,
  hosts: readonly string[],
): Omit<OutgoingRequest, 'signal'> {
  const method = METHODS.find((each) => each === name);
  if (method === undefined) throw new Error(`${name} is not one of ${METHODS.join(', ')}`);
  if (!URL.canParse(address)) throw new Error(`${address} is not an address`);
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`${url.protocol} is neither http: nor https:`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(
      'an address must not hold a user name or password; send an authorization header',
    );
  }
  if (body !== null && Buffer.byteLength(body) > MOST_BYTES) {
    throw new Error(`a body has at most ${String(MOST_BYTES)} bytes`);
  }
  return {
    method,
    url,
    headers,
    ...(body === null ? {} : { body }),
    reach: isNamed(url, hosts) ? 'any' : 'public',
    verifyCertificate: true,
    maximumBytes: MOST_BYTES,
  };
}

function isNamed({ protocol, hostname, port }: URL, hosts: readonly string[]): boolean {
  const shownPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return hosts.includes(hostname) || hosts.includes(`${hostname}:${shownPort}`);
}

function oneEach(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): GivenAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
