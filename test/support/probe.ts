import { request, type ClientRequest } from 'node:http';

export interface ProbeResult {
  /** Milliseconds of `Date.now()` at which the request was sent. */
  readonly at: number;
  /** Milliseconds until the answer or the failure. */
  readonly took: number;
  /** Null where there was no answer. */
  readonly status: number | null;
  /** The body's first 200 characters, or the error's code. */
  readonly text: string;
}

export interface ProbeOptions {
  /** Milliseconds between two requests; 10 by default. */
  readonly every?: number;
  /**
   * Milliseconds after which a request has failed; 1000 by default. Those in which this process itself stood
   * still, on a busy machine, do not count: an answer may have waited for it.
   */
  readonly timeout?: number;
}

/** Milliseconds between two looks at how late this process is. */
const BEAT = 20;
const MOST_RESULTS = 200_000;
const MOST_OPEN = 200;

/**
 * Asks a URL every few milliseconds, each time over a new connection and without waiting for the
 * answer before, and keeps every result. Bounded: 200 open requests, 200,000 results.
 */
export class Probe {
  readonly #results: ProbeResult[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #heart: NodeJS.Timeout;
  /** Milliseconds for which this process stood still until now. */
  #stoodStill = 0;
  readonly #idle = new Set<() => void>();
  #open = 0;

  private constructor(
    private readonly url: string,
    private readonly options: ProbeOptions,
  ) {
    this.#timer = setInterval(() => {
      this.ask();
    }, options.every ?? 10);
    let last = performance.now();
    this.#heart = setInterval(() => {
      const now = performance.now();
      this.#stoodStill += Math.max(0, now - last - 2 * BEAT);
      last = now;
    }, BEAT);
  }

  static start(url: string, options: ProbeOptions = {}): Probe {
    return new Probe(url, options);
  }

  /** In the order of sending. */
  get results(): readonly ProbeResult[] {
    return this.#results.toSorted((one, other) => one.at - other.at);
  }

  get failures(): readonly ProbeResult[] {
    return this.results.filter((result) => result.status !== 200);
  }

  /** Stops asking; resolves when the last answer is in. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#open > 0) await new Promise<void>((resolve) => this.#idle.add(resolve));
    clearInterval(this.#heart);
  }

  /**
   * Milliseconds of the longest time without service: from the sending of the last good request
   * before a failed one to the answer of the first good one after it. 0 where none failed.
   */
  get longestGap(): number {
    let longest = 0;
    let lastGood: ProbeResult | null = null;
    let failed = false;
    for (const result of this.results) {
      if (result.status !== 200) failed = true;
      else {
        if (failed && lastGood !== null) {
          longest = Math.max(longest, result.at + result.took - lastGood.at);
        }
        lastGood = result;
        failed = false;
      }
    }
    return longest;
  }

  /** The different bodies served, in order of first appearance. */
  get served(): readonly string[] {
    const good = this.results.filter(({ status }) => status === 200);
    return [...new Set(good.map(({ text }) => text.trim()))];
  }

  private ask(): void {
    if (this.#open >= MOST_OPEN || this.#results.length >= MOST_RESULTS) return;
    this.#open += 1;
    const at = Date.now();
    const begun = performance.now();
    let done = false;
    const finish = (status: number | null, text: string): void => {
      if (done) return;
      done = true;
      this.#open -= 1;
      const took = performance.now() - begun;
      this.#results.push({ at, took, status, text: text.slice(0, 200) });
      if (this.#open === 0) for (const resolve of this.#idle) resolve();
    };
    const asked = request(this.url, { agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (text += part));
      answer.on('end', () => {
        finish(answer.statusCode ?? null, text);
      });
      answer.on('error', (error) => {
        finish(null, error.message);
      });
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      finish(null, error.code ?? error.message);
    });
    asked.on('close', this.limit(asked));
    asked.end();
  }

  /** Ends the request when its time is over. Returns what calls that off. */
  private limit(asked: ClientRequest): () => void {
    const { timeout = 1_000 } = this.options;
    const begun = performance.now() - this.#stoodStill;
    let timer: NodeJS.Timeout;
    const wait = (milliseconds: number): void => {
      timer = setTimeout(() => {
        const left = begun + timeout - (performance.now() - this.#stoodStill);
        if (left > 1) wait(left);
        else asked.destroy(new Error('no answer in time'));
      }, milliseconds);
    };
    wait(timeout);
    return () => {
      clearTimeout(timer);
    };
  }
}
