import type { Response } from 'express';

/** Well below the idle timeouts of common proxies. */
const HEARTBEAT_MS = 15_000;
/** A client that reads nothing for this long is disconnected; it may reconnect. */
const LONGEST_BLOCK_MS = 30_000;

/** One server-sent event. */
export interface StreamedEvent {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
}

/**
 * One open `text/event-stream` answer. It buffers nothing: sending waits until the client has read the
 * previous events, so a slow client costs no memory.
 */
export class EventStream {
  readonly #heartbeat: NodeJS.Timeout;
  #isClosed = false;
  #isBlocked = false;

  constructor(private readonly response: Response) {
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    response.once('close', () => {
      this.stop();
    });
    this.#heartbeat = setInterval(() => {
      if (!this.#isBlocked) this.response.write(': still here\n\n');
    }, HEARTBEAT_MS);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onClose(listener: () => void): void {
    this.response.once('close', listener);
  }

  /** Sends one event and waits until there is room for the next. Does nothing once the stream is closed. */
  async send({ id, name, data }: StreamedEvent): Promise<void> {
    if (this.#isClosed) return;
    // Serialised JSON has no line breaks, so it fits into one data line.
    const hasRoom = this.response.write(
      `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`,
    );
    if (!hasRoom) await this.room();
  }

  /** Ends the answer; clients of event streams reconnect by themselves. */
  end(): void {
    if (this.#isClosed) return;
    this.stop();
    this.response.end();
  }

  private room(): Promise<void> {
    this.#isBlocked = true;
    return new Promise((resolve) => {
      const proceed = (): void => {
        clearTimeout(deadline);
        this.response.off('drain', proceed).off('close', proceed);
        this.#isBlocked = false;
        resolve();
      };
      const drop = (): void => {
        this.response.destroy();
      };
      const deadline = setTimeout(drop, LONGEST_BLOCK_MS);
      this.response.once('drain', proceed).once('close', proceed);
    });
  }

  private stop(): void {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
  }
}
