import { fork, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HandlerFile } from '../domain/settings/environment.js';
import { messageOf } from '../domain/errors.js';
import { HandlerFailure, onOneLine, thrownText } from './handler-failure.js';
import {
  HOOKS,
  readMessage,
  type AskedRequest,
  type Choice,
  type FromWorker,
  type GivenAnswer,
  type HandlerFunction,
  type Level,
  type Outcome,
  type ToWorker,
} from './protocol.js';

/** The same file in `src` and, compiled, in `dist`. */
const ENTRY = new URL('./worker/entry.js', import.meta.url);
/** For starting Node.js and loading the module, even on a busy machine; in milliseconds. */
const LOAD_MS = 15_000;
/** Heap limit of the process, in megabytes. */
const HEAP_MB = 64;
/** Memory limit of the whole process: Node.js itself, the heap, and memory outside of it, such as buffers. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_LINES = 100;
const MOST_REQUESTS_AT_ONCE = 20;
const KEPT_OF_STDERR = 4_000;
const SHARE = `it may use ${String(HEAP_MB)} MB of heap and ${String(MOST_BYTES / 1024 / 1024)} MB in total`;
const OUT_OF_MEMORY = /out of memory/i;

/** Takes a line of output of a handler. */
export type Say = (level: Level, text: string) => void;

/** Sends a request for a handler. @throws Error with a message for the handler's author. */
export type FetchForHandler = (asked: AskedRequest, signal: AbortSignal) => Promise<GivenAnswer>;

/** The call in progress. */
interface Pending {
  /** For messages, e.g. `in decide`. */
  readonly when: string;
  readonly say: Say;
  readonly settle: (outcome: Outcome | HandlerFailure) => void;
}

/**
 * The process in which one handler runs, one call at a time. It shares nothing with the server: it has none of its
 * environment variables and arguments and no standard input; its memory is limited, and it is killed when a call
 * takes too long.
 */
export class HandlerProcess {
  readonly #child: ChildProcess;
  readonly #ended = new AbortController();
  readonly #exited: Promise<unknown>;
  #pending: Pending | null = null;
  #stderr = '';
  #requests = 0;

  constructor(
    private readonly file: HandlerFile,
    private readonly fetch: FetchForHandler,
  ) {
    this.#child = fork(ENTRY, [], {
      cwd: dirname(file.path),
      env: {},
      execArgv: [`--max-old-space-size=${String(HEAP_MB)}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
    // Not `exit`: stderr has been read completely only on `close`.
    this.#child.once('close', (code, signal) => {
      this.onClose(code, signal);
    });
    this.#child.on('message', (message) => {
      this.onMessage(readMessage(message));
    });
    this.#child.on('error', (error) => {
      this.fail('cannot be run', messageOf(error));
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(0, KEPT_OF_STDERR);
    });
    this.letServerEnd();
  }

  /** Whether it can take calls. */
  get isAlive(): boolean {
    return !this.#ended.signal.aborted;
  }

  /**
   * Loads the module; call it once, before any other call.
   * @returns which functions of a handler it exports.
   * @throws HandlerFailure if it cannot be loaded, or exports none of them.
   */
  async load(say: Say): Promise<ReadonlySet<HandlerFunction>> {
    const settings = {
      module: pathToFileURL(this.file.path).href,
      hooks: HOOKS,
      mostBytes: MOST_BYTES,
      mostLines: MOST_LINES,
    };
    const when = 'while it was loaded';
    const outcome = await this.do({ kind: 'load', settings }, when, LOAD_MS, say);
    if (outcome.kind !== 'loaded') throw this.failureOf(outcome, when);
    const known = HOOKS.join(', ');
    if (outcome.hooks.length === 0) {
      throw new HandlerFailure(`the handler ${this.file.name} exports none of ${known}`);
    }
    for (const name of outcome.others) {
      say('warn', `exports ${onOneLine(name)}, which is none of ${known} and is never called`);
    }
    return new Set(outcome.hooks);
  }

  /**
   * Calls one of its functions.
   * @param deadlineMs how long the call may take, in milliseconds; then the process is killed.
   * @throws HandlerFailure
   */
  async call(
    hook: HandlerFunction,
    subject: unknown,
    deadlineMs: number,
    say: Say,
  ): Promise<Choice | null> {
    const when = `in ${hook}`;
    const outcome = await this.do({ kind: 'call', hook, subject }, when, deadlineMs, say);
    if (outcome.kind === 'returned') return outcome.choice;
    throw this.failureOf(outcome, when);
  }

  /** Kills it; resolves once it is gone. A call in progress fails. */
  async end(why: string): Promise<void> {
    this.fail('was stopped', why);
    await this.#exited;
  }

  private do(message: ToWorker, when: string, deadlineMs: number, say: Say): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (!this.isAlive) {
        reject(this.failure('cannot be asked', when, 'its process has ended'));
        return;
      }
      const deadline = setTimeout(() => {
        this.fail('was stopped', `it did not end within ${String(deadlineMs / 1000)} s`);
      }, deadlineMs);
      const settle = (outcome: Outcome | HandlerFailure): void => {
        clearTimeout(deadline);
        this.#pending = null;
        if (outcome instanceof HandlerFailure) reject(outcome);
        else resolve(outcome);
      };
      this.#pending = { when, say, settle };
      this.send(message);
    });
  }

  private onMessage(message: FromWorker | null): void {
    switch (message?.kind) {
      // Sent by the handler's own code, which must not use the channel.
      case undefined:
        return;
      case 'says':
        this.#pending?.say(message.level, onOneLine(message.text));
        return;
      case 'asks':
        void this.answer(message.request, message.asked);
        return;
      case 'crashed':
        this.fail('broke', thrownText(message.thrown));
        return;
      case 'loaded':
      case 'returned':
      case 'misused':
      case 'threw':
        this.#pending?.settle(message);
    }
  }

  private async answer(request: number, asked: AskedRequest): Promise<void> {
    this.#requests += 1;
    try {
      if (this.#requests > MOST_REQUESTS_AT_ONCE) {
        throw new Error(`more than ${String(MOST_REQUESTS_AT_ONCE)} requests at once`);
      }
      const answer = await this.fetch(asked, this.#ended.signal);
      this.send({ kind: 'answer', request, answer });
    } catch (error) {
      this.send({ kind: 'no-answer', request, message: messageOf(error) });
    } finally {
      this.#requests -= 1;
    }
  }

  private send(message: ToWorker): void {
    if (!this.isAlive || !this.#child.connected) return;
    this.#child.send(message, (error) => {
      if (error !== null) this.fail('cannot be asked', messageOf(error));
    });
  }

  private onClose(code: number | null, signal: NodeJS.Signals | null): void {
    if (OUT_OF_MEMORY.test(this.#stderr)) this.fail('ran out of memory', SHARE);
    else this.fail('ended its process', signal ?? `exit code ${String(code)}`);
  }

  /** Only the first reason counts. */
  private fail(what: string, why: string): void {
    if (!this.isAlive) return;
    this.#ended.abort(new Error(`the handler ${this.file.name} ${what}: ${why}`));
    this.#child.kill('SIGKILL');
    const pending = this.#pending;
    pending?.settle(this.failure(what, pending.when, why));
  }

  private failureOf(outcome: Outcome, when: string): HandlerFailure {
    switch (outcome.kind) {
      case 'threw':
      case 'crashed':
        return this.failure('threw', when, thrownText(outcome.thrown));
      case 'misused':
        return this.failure('is wrong', when, outcome.problem);
      case 'loaded':
      case 'returned':
        return this.failure('is wrong', when, 'it sent an unexpected answer');
    }
  }

  private failure(what: string, when: string, why: string): HandlerFailure {
    return new HandlerFailure(`the handler ${this.file.name} ${what} ${when}: ${why}`);
  }

  /** Neither the process nor its channels keep the server alive; a call in progress has its deadline. */
  private letServerEnd(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    const { stderr } = this.#child;
    // It is a socket, although its type does not say so.
    if (stderr instanceof Socket) stderr.unref();
  }
}
