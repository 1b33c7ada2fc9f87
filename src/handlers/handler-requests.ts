import type { GuardedHttp, GuardedRequest, HttpAnswer } from '../outgoing/guarded-http.js';
import type { AskedRequest, GivenAnswer } from './protocol.js';
import type { FetchForHandler } from './handler-process.js';

const METHODS: readonly GuardedRequest['method'][] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
];
/** Limit for the body of a request and of an answer. */
const MOST_BYTES = 1_048_576;

/**
 * Implements `api.fetch`.
 * @param hosts Read at each request: the hosts that may be reached even if their address is private.
 */
export function fetchForHandlers(
  http: Pick<GuardedHttp, 'request'>,
  hosts: () => readonly string[],
): FetchForHandler {
  return async (asked, signal) => {
    const answer = await http.request({ ...readRequest(asked, hosts()), signal });
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
): Omit<GuardedRequest, 'signal'> {
  const method = METHODS.find((each) => each === name);
  if (method === undefined) throw new Error(`${name} is not one of ${METHODS.join(', ')}`);
  if (!URL.canParse(address)) throw new Error(`${address} is not a URL`);
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`${url.protocol} is neither http: nor https:`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error('a URL must not contain a user name or password; send an authorization header');
  }
  if (body !== null && Buffer.byteLength(body) > MOST_BYTES) {
    throw new Error(`a body may have at most ${String(MOST_BYTES)} bytes`);
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

function oneEach(headers: HttpAnswer['headers']): GivenAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
