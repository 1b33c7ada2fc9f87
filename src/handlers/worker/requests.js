// @ts-check
/** @import { Answer, RequestOptions } from '../api.js' */
/** @import { AskedRequest, FromWorker, GivenAnswer } from '../protocol.js' */

/**
 * @typedef Pending
 * @property {(answer: GivenAnswer) => void} resolve
 * @property {(message: string) => void} reject
 */

/** Requests of the handler, which the server sends. */
export class Requests {
  #last = 0;
  /** @type {Map<number, Pending>} */
  #pending = new Map();

  /** @param {(message: FromWorker) => void} send */
  constructor(send) {
    this.send = send;
  }

  /**
   * @param {string | URL} url
   * @param {RequestOptions} [options]
   * @returns {Promise<Answer>}
   */
  fetch(url, options = {}) {
    const failure = new Error();
    Error.captureStackTrace(failure, this.fetch);
    const asked = readRequest(url, options);
    const request = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#pending.set(request, {
        resolve: (answer) => {
          resolve(answerOf(answer));
        },
        reject: (message) => {
          // The error arises later, so it gets the stack of the call.
          failure.stack = `Error: ${message}${(failure.stack ?? '').slice('Error'.length)}`;
          failure.message = message;
          reject(failure);
        },
      });
      this.send({ kind: 'asks', request, asked });
    });
  }

  /**
   * @param {number} request
   * @param {GivenAnswer} answer
   */
  answered(request, answer) {
    this.#take(request)?.resolve(answer);
  }

  /**
   * @param {number} request
   * @param {string} message
   */
  failed(request, message) {
    this.#take(request)?.reject(message);
  }

  /** @param {number} request */
  #take(request) {
    const pending = this.#pending.get(request);
    this.#pending.delete(request);
    return pending;
  }
}

/**
 * @param {unknown} url
 * @param {RequestOptions} options
 * @returns {AskedRequest}
 */
function readRequest(url, { method = 'GET', headers = {}, body }) {
  const address = String(url);
  if (!URL.canParse(address)) throw new TypeError(`api.fetch: ${address} is not a URL`);
  if (body !== undefined && typeof body !== 'string') {
    throw new TypeError('api.fetch: the body must be a string; use JSON.stringify');
  }
  /** A `Headers` object too; naming its class would load all of the built-in fetch. @type {[string, unknown][]} */
  const entries =
    Symbol.iterator in headers ? Array.from(/** @type {any} */ (headers)) : Object.entries(headers);
  return {
    url: address,
    method: String(method).toUpperCase(),
    headers: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
    body: body ?? null,
  };
}

/**
 * @param {GivenAnswer} given
 * @returns {Answer}
 */
function answerOf({ status, headers, body }) {
  return {
    status,
    ok: status >= 200 && status <= 299,
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    text: () => Promise.resolve(body),
    json: async () => /** @type {unknown} */ (JSON.parse(body)),
  };
}
