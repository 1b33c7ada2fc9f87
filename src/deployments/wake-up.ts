import { setTimeout as pause } from 'node:timers/promises';

/** A wait that can be ended early when there is a reason to look again. */
export class WakeUp {
  #abort = new AbortController();
  #isPoked = false;

  constructor(private readonly signal: AbortSignal) {}

  /** Ends the wait that is under way, or else the next one. */
  poke(): void {
    this.#isPoked = true;
    this.#abort.abort();
  }

  /** @returns whether it was poked. @throws the signal's reason when that aborts. */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.#isPoked) await this.pause(milliseconds);
    this.signal.throwIfAborted();
    const wasPoked = this.#isPoked;
    this.#isPoked = false;
    return wasPoked;
  }

  private async pause(milliseconds: number): Promise<void> {
    this.#abort = new AbortController();
    try {
      const signal = AbortSignal.any([this.#abort.signal, this.signal]);
      await pause(milliseconds, undefined, { signal });
    } catch (error) {
      this.signal.throwIfAborted();
      if (!this.#isPoked) throw error;
    }
  }
}
