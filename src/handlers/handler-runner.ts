import type { HandlerFile } from '../domain/settings/environment.js';
import { HandlerProcess, type FetchForHandler, type Say } from './handler-process.js';
import { HandlerFailure } from './handler-failure.js';
import type { Choice, HandlerFunction } from './protocol.js';

/** How long an idle process is kept, in milliseconds. */
const IDLE_MS = 60_000;

interface Loaded {
  readonly running: HandlerProcess;
  readonly hooks: Promise<ReadonlySet<HandlerFunction>>;
}

/**
 * Runs the calls of one handler one after another, in a process that is started on demand, started again after a
 * failure, and ended when it is idle.
 */
export class HandlerRunner {
  #process: Loaded | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #whyClosed: string | null = null;

  constructor(
    readonly file: HandlerFile,
    private readonly fetch: FetchForHandler,
    private readonly idleMs = IDLE_MS,
  ) {}

  /** Loads the module to reveal its errors. @throws HandlerFailure */
  load(say: Say): Promise<ReadonlySet<HandlerFunction>> {
    return this.inTurn(async () => this.loaded(say).hooks);
  }

  /**
   * Calls one function.
   * @param deadlineMs how long the call may take, in milliseconds, once it starts.
   * @returns null if the module has no such function, or if it returned nothing.
   * @throws HandlerFailure
   */
  call(
    hook: HandlerFunction,
    subject: unknown,
    deadlineMs: number,
    say: Say,
  ): Promise<Choice | null> {
    return this.inTurn(async () => {
      const { running, hooks } = this.loaded(say);
      return (await hooks).has(hook) ? running.call(hook, subject, deadlineMs, say) : null;
    });
  }

  /** Completes the waiting calls and takes no more. Resolves once its process is gone. */
  async retire(): Promise<void> {
    await this.#last;
    await this.close('the configuration was read again');
  }

  /** Ends it at once: a call in progress fails. Resolves once its process is gone. */
  async close(why: string): Promise<void> {
    this.#whyClosed = why;
    clearTimeout(this.#idle);
    await this.#process?.running.end(why);
  }

  /** The process, with its module loaded or being loaded. A process that fails to load it is not kept. */
  private loaded(say: Say): Loaded {
    if (this.#process?.running.isAlive === true) return this.#process;
    const running = new HandlerProcess(this.file, this.fetch);
    const hooks = running.load(say);
    hooks.catch(() => running.end('it cannot be loaded'));
    this.#process = { running, hooks };
    return this.#process;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const done = before.then(async () => {
      clearTimeout(this.#idle);
      if (this.#whyClosed !== null) {
        throw new HandlerFailure(`the handler ${this.file.name} was not asked: ${this.#whyClosed}`);
      }
      return work();
    });
    this.#last = done.then(
      () => {
        this.endWhenIdle();
      },
      () => {
        this.endWhenIdle();
      },
    );
    return done;
  }

  private endWhenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      void this.#process?.running.end('it was idle');
      this.#process = null;
    }, this.idleMs).unref();
  }
}
