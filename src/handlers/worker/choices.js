// @ts-check
import { inspect } from 'node:util';

/** @import { Choice, HandlerFunction } from '../protocol.js' */

const LONGEST_REASON = 500;
const LONGEST_WAIT_MS = 30 * 86_400_000;

/** What each function may return. @type {Readonly<Record<HandlerFunction, readonly Choice['kind'][]>>} */
const ALLOWED = {
  onPush: ['deploy', 'skip'],
  decide: ['deploy', 'wait', 'skip'],
  beforeRollout: ['deploy', 'skip'],
  afterRollout: [],
};

/** Makes the possible return values of one call, and recognises them when they are returned. */
export class Choices {
  /** @type {Set<unknown>} */
  #made = new Set();

  /** @returns {Choice} */
  deploy() {
    return this.#make({ kind: 'deploy' });
  }

  /**
   * @param {unknown} reason
   * @returns {Choice}
   */
  skip(reason) {
    return this.#make({ kind: 'skip', reason: textOf(reason, 'api.skip(reason): the reason') });
  }

  /**
   * @param {unknown} options
   * @returns {Choice}
   */
  wait(options) {
    if (typeof options !== 'object' || options === null) {
      throw new TypeError(
        "api.wait takes { seconds, reason }, e.g. api.wait({ seconds: 30, reason: 'jobs are left' })",
      );
    }
    const { for: what, reason, seconds, until } = /** @type {Record<string, unknown>} */ (options);
    return this.#make({
      kind: 'wait',
      for: what === undefined ? null : textOf(what, 'api.wait: for'),
      until: new Date(momentOf(seconds, until)).toISOString(),
      reason: textOf(reason, 'api.wait: reason'),
    });
  }

  /**
   * Checks what a function returned: a choice, null for nothing, or a description of the problem.
   * @param {HandlerFunction} hook
   * @param {unknown} result
   * @returns {{ readonly choice: Choice | null } | { readonly problem: string }}
   */
  read(hook, result) {
    if (hook === 'afterRollout') return { choice: null };
    const wanted = `return ${ALLOWED[hook].map((kind) => `api.${kind}(…)`).join(' or ')}`;
    if (result === undefined) {
      const forgotten = [...this.#made].at(-1);
      if (forgotten !== undefined) {
        const { kind } = /** @type {Choice} */ (forgotten);
        return { problem: `it called api.${kind}(…) and did not return what it made; ${wanted}` };
      }
      return hook === 'decide' ? { problem: `it returned nothing; ${wanted}` } : { choice: null };
    }
    if (!this.#made.has(result)) {
      const shown = inspect(result, { depth: 1, breakLength: Infinity }).slice(0, 100);
      return { problem: `it returned ${shown}; ${wanted}` };
    }
    const choice = /** @type {Choice} */ (result);
    return ALLOWED[hook].includes(choice.kind)
      ? { choice }
      : { problem: `it returned api.${choice.kind}(…), which is not allowed there; ${wanted}` };
  }

  /**
   * @template {Choice} T
   * @param {T} choice
   * @returns {T}
   */
  #make(choice) {
    const made = Object.freeze(choice);
    this.#made.add(made);
    return made;
  }
}

/**
 * @param {unknown} value
 * @param {string} what
 */
function textOf(value, what) {
  const text = typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '';
  if (text === '') throw new TypeError(`${what} must be a non-empty string`);
  return text.slice(0, LONGEST_REASON);
}

/**
 * @param {unknown} seconds
 * @param {unknown} until
 * @returns {number} milliseconds since 1970
 */
function momentOf(seconds, until) {
  if ((seconds === undefined) === (until === undefined)) {
    throw new TypeError('api.wait takes one of seconds and until');
  }
  const now = Date.now();
  if (until === undefined) {
    if (typeof seconds !== 'number' || !(seconds > 0) || seconds * 1000 > LONGEST_WAIT_MS) {
      throw new TypeError('api.wait: seconds must be a number above 0 and at most 30 days');
    }
    return now + seconds * 1000;
  }
  const moment = until instanceof Date ? until.getTime() : Date.parse(String(until));
  if (Number.isNaN(moment) || moment > now + LONGEST_WAIT_MS) {
    throw new TypeError(
      'api.wait: until must be a date or an RFC 3339 time, at most 30 days ahead',
    );
  }
  return moment;
}
