// @ts-check
import { formatWithOptions } from 'node:util';

/** @import { FromWorker, Level } from '../protocol.js' */

const LONGEST_LINE = 2_000;

/** Sends the handler's output, with a limit of lines per call. */
export class Output {
  #left;

  /**
   * @param {number} mostLines
   * @param {(message: FromWorker) => void} send
   */
  constructor(mostLines, send) {
    this.mostLines = mostLines;
    this.send = send;
    this.#left = mostLines;
  }

  /** Resets the limit for a new call. */
  renew() {
    this.#left = this.mostLines;
  }

  /**
   * @param {Level} level
   * @param {readonly unknown[]} values printed as `console.log` prints them
   */
  say(level, values) {
    if (this.#left < 0) return;
    const text = formatWithOptions({ colors: false, depth: 3 }, ...values);
    for (const line of text.split(/\r\n|\r|\n/)) {
      if (line.trim() === '') continue;
      this.#left -= 1;
      if (this.#left < 0) {
        const most = String(this.mostLines);
        this.send({
          kind: 'says',
          level: 'warn',
          text: `more than ${most} lines; the rest is omitted`,
        });
        return;
      }
      this.send({ kind: 'says', level, text: line.slice(0, LONGEST_LINE) });
    }
  }

  /** Redirects other output, such as that of `console.log`, to this. */
  capture() {
    process.stdout.write = this.#instead('info');
    process.stderr.write = this.#instead('warn');
  }

  /**
   * @param {Level} level
   * @returns {typeof process.stdout.write}
   */
  #instead(level) {
    /**
     * @param {string | Uint8Array} chunk
     * @param {unknown} [encoding]
     * @param {unknown} [callback]
     */
    const write = (chunk, encoding, callback) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      this.say(level, ['%s', text.replace(/\n$/, '')]);
      const done = [encoding, callback].find((each) => typeof each === 'function');
      if (typeof done === 'function') queueMicrotask(() => done(null));
      return true;
    };
    return write;
  }
}
