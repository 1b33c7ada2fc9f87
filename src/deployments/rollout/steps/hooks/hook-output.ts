import { redacted } from '../../../../domain/secrets/redaction.js';

/** How many lines of an action are logged as they come, and how many of its last ones. */
const FIRST_LINES = 200;
const LAST_LINES = 50;
/** In characters; the rest of a longer line is left out. */
const LONGEST_LINE = 1_000;
const COLOURS = /\p{Cc}\[[0-9;?]*[ -/]*[@-~]/gu;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/**
 * A command's output on its way to the deployment's log: without secrets, colours and control characters, and limited in
 * length. The beginning is written as it comes, the end when the command is over.
 */
export class HookOutput {
  #count = 0;
  #waiting: readonly string[] = [];
  #last: readonly string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #lastLine: string | null = null;

  /**
   * @param secrets Values to be masked as `***`, the longest first.
   * @param write Writes lines to the log; it never throws.
   */
  constructor(
    private readonly secrets: readonly string[],
    private readonly write: (lines: readonly string[]) => Promise<void>,
  ) {}

  /** The last line that is not blank, as logged; null if there was none. */
  get lastLine(): string | null {
    return this.#lastLine;
  }

  /** Takes the next line. */
  take(line: string): void {
    const text = this.cleaned(line);
    this.#count += 1;
    if (text.trim() !== '') this.#lastLine = text;
    if (this.#count > FIRST_LINES) this.#last = [...this.#last, text].slice(-LAST_LINES);
    else this.add([text]);
  }

  /** To be called when the command is over. Resolves when everything is written. */
  async end(): Promise<void> {
    const left = this.#count - FIRST_LINES - this.#last.length;
    const gap = left > 0 ? [`… ${String(left)} lines are left out …`] : [];
    this.add([...gap, ...this.#last]);
    await this.#writing;
  }

  private cleaned(line: string): string {
    const plain = redacted(line.replace(COLOURS, '').replace(CONTROL, ''), this.secrets);
    return plain.length > LONGEST_LINE ? `${plain.slice(0, LONGEST_LINE)}…` : plain;
  }

  /** Lines that come while others are being written are written together. */
  private add(lines: readonly string[]): void {
    const isIdle = this.#waiting.length === 0;
    this.#waiting = [...this.#waiting, ...lines];
    if (!isIdle || lines.length === 0) return;
    this.#writing = this.#writing.then(async () => {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.write(batch);
    });
  }
}
