import { GuardedHttp, type GuardedHttpSettings } from './guarded-http.js';
import { DAY_MS } from '../domain/duration.js';

/** The longest that a call may take, in milliseconds; its signal ends it sooner. */
const LONGEST_MS = DAY_MS;
/** How much of an answer is read: enough to see why it was a refusal, in bytes. */
const READ_BYTES = 4_096;

/** A request to an address that the configuration names. */
export interface OutgoingCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** What was answered, whatever the status. */
export interface CallAnswer {
  readonly status: number;
  /** The beginning of the answer's body, at most 4096 bytes. */
  readonly text: string;
}

/**
 * Tells other programs of what happened, through the one door for outgoing HTTP. Hosts that the configuration names
 * may have private addresses. No redirect is followed, and every certificate is verified.
 */
export class OutgoingCalls {
  readonly #http: GuardedHttp;

  constructor(settings: Partial<GuardedHttpSettings> = {}) {
    this.#http = new GuardedHttp({ requestTimeoutMs: LONGEST_MS, ...settings });
  }

  /** Sends one request. @throws OutgoingRequestError; the reason of the signal where that ended it. */
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

  /** Closes every connection; calls under way fail. */
  async onModuleDestroy(): Promise<void> {
    await this.#http.onModuleDestroy();
  }
}
