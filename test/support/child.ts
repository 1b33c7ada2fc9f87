import { spawn, type ChildProcess } from 'node:child_process';
import { waitFor } from './wait-for.js';

const KEPT_CHARACTERS = 2_000_000;

/** A program under test: its output is kept, its end can be waited for. */
export class Child {
  readonly #process: ChildProcess;
  readonly #end: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #stdout = '';
  #stderr = '';
  #ended = false;

  constructor(command: readonly string[], environment: NodeJS.ProcessEnv, cwd?: string) {
    // Whatever becomes of this process, even SIGKILL, the child does not outlive it. `setpriv` becomes
    // the program, so the process id and signals are the program's own.
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Not in the terminal's process group: Ctrl-C is for whoever started the child.
      detached: true,
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-KEPT_CHARACTERS);
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_CHARACTERS);
    });
    this.#end = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#ended = true;
        this.#stderr += `\n${command.join(' ')}: ${error.message}`;
        resolve({ code: 127, signal: null });
      });
      this.#process.once('close', (code, signal) => {
        this.#ended = true;
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** False where the process has ended already. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#process.kill(signal);
  }

  /** Resolves when the process has ended and all of its output was read. */
  end(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.#end;
  }

  /** Waits for the end; sends SIGKILL and fails when it does not come within `within` ms. */
  async endWithin(within: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    try {
      await waitFor(`the end of process ${this.pid}`, () => this.#ended, Boolean, { within });
    } catch (error) {
      this.signal('SIGKILL');
      throw error;
    }
    return this.#end;
  }
}
