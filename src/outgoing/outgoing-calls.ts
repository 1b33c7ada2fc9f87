import { GuardedHttp, type GuardedHttpSettings } from './guarded-http.js';
import { DAY_MS } from '../domain/duration.js';

/** Upper limit for a call, in milliseconds; its signal ends it sooner. */
const LONGEST_MS = DAY_MS;
/** How much of an answer is read, in bytes: enough to see why a request was refused. */
const READ_BYTES = 4_096;

/** A request to a URL of the configuration. */
export interface OutgoingCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** An answer, whatever its status. */
export interface CallAnswer {
  readonly status: number;
  /** The beginning of the body, at most 4096 bytes. */
  readonly text: string;
}

/**
 * Calls other services at URLs of the configuration, which may therefore have private addresses. No redirect is
 * followed, and every certificate is verified.
 */
export class OutgoingCalls {
  readonly #http: GuardedHttp;

  constructor(settings: Partial<GuardedHttpSettings> = {}) {
    this.#http = new GuardedHttp({ requestTimeoutMs: LONGEST_MS, ...settings });
  }

  /** Sends one request. @throws OutgoingRequestError; the reason of the signal if it aborted. */
  async send({ method, url, headers, body, signal }: OutgoingCall): Promise<CallAnswer> {
    const answer = await this.#http.request({
      method,
      url,
      headers: { 'user-agent': 'deploy', ...headers },
      ...(body === null ? {} : { body }),
      reach: 'any',
      verifyCertificate: true,
      maximumBytes: READ_BYTES,
      excess: 'left',
      signal,
    });
    return { status: answer.status, text: answer.body.toString('utf8') };
  }

  /** Closes every connection; calls in progress fail. */
  async onModuleDestroy(): Promise<void> {
    await this.#http.onModuleDestroy();
  }
}
