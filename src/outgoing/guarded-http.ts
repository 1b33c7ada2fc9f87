import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import type { Agent, Dispatcher } from 'undici';
import type { Lookup } from './address-guard.js';
import { guardedLookup, isPrivateAddress, literalAddress } from './address-guard.js';
import { OutgoingRequestError, outgoingRequestError } from './outgoing-request-error.js';

/** Deadlines in milliseconds, and the function that resolves names. */
export interface GuardedHttpSettings {
  readonly connectTimeoutMs: number;
  /** From the call to the last byte of the response body. */
  readonly requestTimeoutMs: number;
  readonly lookup: Lookup;
}

const DEFAULTS: GuardedHttpSettings = {
  connectTimeoutMs: 5_000,
  requestTimeoutMs: 15_000,
  lookup: systemLookup,
};

export interface GuardedRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `public` refuses loopback, link-local and private addresses. Use `any` only for hosts that the user configured. */
  readonly reach: 'any' | 'public';
  /** False accepts any certificate: only for hosts for which plain http is allowed as well. */
  readonly verifyCertificate: boolean;
  readonly maximumBytes: number;
  /** What to do with a longer answer: fail, or leave the rest unread. Default `refused`. */
  readonly excess?: 'refused' | 'left';
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * The only client for outgoing HTTP: registries, their token services, hooks and handlers. It never follows a
 * redirect, never waits longer than its deadlines and never reads more than the request allows.
 */
export class GuardedHttp {
  readonly #settings: GuardedHttpSettings;
  readonly #agents = new Map<string, Agent>();

  constructor(settings: Partial<GuardedHttpSettings> = {}) {
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /**
   * Sends one request and reads the whole answer, whatever its status.
   * @throws OutgoingRequestError; the reason of `signal` if it aborted.
   */
  async request(request: GuardedRequest): Promise<HttpAnswer> {
    request.signal.throwIfAborted();
    this.refusePrivateLiteral(request);
    const cancellation = new AbortController();
    const cancel = (): void => {
      cancellation.abort();
    };
    const deadline = setTimeout(cancel, this.#settings.requestTimeoutMs);
    request.signal.addEventListener('abort', cancel, { once: true });
    try {
      return await this.exchange(request, cancellation.signal);
    } catch (error) {
      request.signal.throwIfAborted();
      if (cancellation.signal.aborted) {
        const seconds = String(this.#settings.requestTimeoutMs / 1000);
        throw new OutgoingRequestError(
          'timeout',
          `${request.url.host} did not answer within ${seconds} s`,
        );
      }
      throw outgoingRequestError(request.url, error);
    } finally {
      clearTimeout(deadline);
      request.signal.removeEventListener('abort', cancel);
    }
  }

  /** Whether a URL's host is, or resolves to, a private address. False for a name that does not resolve in time. */
  async isPrivateHost(hostname: string): Promise<boolean> {
    const literal = literalAddress(hostname);
    if (literal !== null) return isPrivateAddress(literal);
    const addresses = await new Promise<readonly LookupAddress[]>((resolve) => {
      const deadline = setTimeout(() => {
        resolve([]);
      }, this.#settings.connectTimeoutMs);
      this.#settings.lookup(hostname, { all: true }, (error, found) => {
        clearTimeout(deadline);
        resolve(error === null && typeof found !== 'string' ? found : []);
      });
    });
    return addresses.some((one) => isPrivateAddress(one.address));
  }

  /** Closes every connection, including those in use. */
  async onModuleDestroy(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  /** `connect.lookup` is not called for literal addresses, so they are checked beforehand. */
  private refusePrivateLiteral({ reach, url }: GuardedRequest): void {
    const literal = literalAddress(url.hostname);
    if (reach === 'public' && literal !== null && isPrivateAddress(literal)) {
      throw new OutgoingRequestError(
        'refused-address',
        `${url.host} is a private address and is not named in the configuration`,
      );
    }
  }

  private async exchange(request: GuardedRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, method, headers, body } = request;
    // Imported on the first request, to keep the server's start fast.
    const undici = await import('undici');
    const answer = await this.agentFor(request, undici.Agent).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...headers },
      body: body ?? null,
      signal,
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: await readBody(request, answer.body),
    };
  }

  /** Requests share connections only if their rules are the same: an agent applies them when it connects. */
  private agentFor({ reach, verifyCertificate }: GuardedRequest, AgentClass: typeof Agent): Agent {
    const key = `${reach} ${String(verifyCertificate)}`;
    const existing = this.#agents.get(key);
    if (existing !== undefined) return existing;
    const { lookup, connectTimeoutMs } = this.#settings;
    const agent = new AgentClass({
      // A new connection each time: look-ups are rare, and a kept one may be closed in the middle of a request.
      pipelining: 0,
      // Each request has its own overall deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: connectTimeoutMs,
        lookup: reach === 'public' ? guardedLookup(lookup) : lookup,
        rejectUnauthorized: verifyCertificate,
      },
    });
    this.#agents.set(key, agent);
    return agent;
  }
}

/** A header's first value, or null. */
export function headerOf(answer: HttpAnswer, name: string): string | null {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

async function readBody(
  { url, maximumBytes, excess }: GuardedRequest,
  body: Dispatcher.ResponseData['body'],
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumBytes && excess === 'left') {
      // Leaving the loop closes the connection.
      return Buffer.concat([...chunks, chunk]).subarray(0, maximumBytes);
    }
    if (length > maximumBytes) {
      throw new OutgoingRequestError(
        'too-large',
        `${url.host} answered with more than ${String(maximumBytes)} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
