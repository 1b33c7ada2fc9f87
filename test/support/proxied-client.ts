import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface Answer {
  readonly url: string;
  /** Milliseconds of `Date.now()` at which it was sent. */
  readonly at: number;
  readonly took: number;
  /** Null where there was no answer. */
  readonly status: number | null;
  /** The body, or the error's words. */
  readonly text: string;
}

const LONGEST_MS = 10_000;

/** Asks several addresses in turn, so many times a second, every other time over a connection that is kept. */
export class SteadyClient {
  readonly answers: Answer[] = [];
  readonly #kept = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #open = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  readonly #run: Promise<void>;

  private constructor(
    private readonly urls: readonly string[],
    private readonly perSecond: number,
  ) {
    this.#run = this.ask();
  }

  static start(urls: readonly string[], perSecond: number): SteadyClient {
    return new SteadyClient(urls, perSecond);
  }

  /** Stops asking; resolves when the last answer is in. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#run;
    await Promise.all(this.#open);
    this.#kept.destroy();
  }

  /** How many requests were sent a second. */
  get rate(): number {
    const times = this.answers.map(({ at }) => at);
    return (times.length - 1) / ((Math.max(...times) - Math.min(...times)) / 1_000);
  }

  /** Those that were not answered well, or not by one that was ready. */
  get failures(): readonly Answer[] {
    return this.answers.filter(({ status, text }) => status !== 200 || text.includes('not ready'));
  }

  private async ask(): Promise<void> {
    const began = performance.now();
    for (let count = 0; !this.#ending.signal.aborted; count += 1) {
      const due = began + (count * 1_000) / this.perSecond;
      if (due > performance.now()) await pause(due - performance.now());
      const url = this.urls[count % this.urls.length] ?? '';
      // Each address in both ways.
      const isKept = Math.floor(count / this.urls.length) % 2 === 0;
      const answer = this.get(url, isKept).then((got) => {
        this.answers.push(got);
        this.#open.delete(answer);
      });
      this.#open.add(answer);
    }
  }

  private get(url: string, isKept: boolean): Promise<Answer> {
    const at = Date.now();
    return new Promise((resolve) => {
      const done = (status: number | null, text: string): void => {
        resolve({ url, at, took: Date.now() - at, status, text });
      };
      const asked = request(url, { agent: isKept ? this.#kept : false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('end', () => {
          done(answer.statusCode ?? null, text);
        });
        answer.on('error', (error) => {
          done(null, error.message);
        });
      });
      asked.setTimeout(LONGEST_MS, () => asked.destroy(new Error('no answer in time')));
      asked.on('error', (error) => {
        done(null, error.message);
      });
      asked.end();
    });
  }
}
