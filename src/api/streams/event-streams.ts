import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Response } from 'express';
import { ConfigurationService } from '../../config/configuration.service.js';
import { DeployError } from '../../domain/errors.js';
import { Storage } from '../../storage/storage.js';
import { EventStream } from './event-stream.js';

const MOST_STREAMS = 256;
const RETRY_AFTER_MS = 5_000;

/** Sends whatever is new and returns whether there can be more. */
export type SendNew = (stream: EventStream) => Promise<'more' | 'end'>;

/** All open streams. They are ended at shutdown, which would otherwise wait for them. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  readonly #open = new Set<EventStream>();
  #isShuttingDown = false;

  constructor(
    private readonly storage: Storage,
    configuration: ConfigurationService,
  ) {
    // A token may have been revoked: clients with a valid one reconnect by themselves.
    configuration.onChange(() => {
      this.closeAll();
    });
  }

  /**
   * Answers with a stream and calls `sendNew` at once and after each change in storage, until it returns
   * `end` or the client disconnects.
   * @throws DeployError `throttled` if too many streams are open, or whatever `sendNew` throws.
   */
  async serve(response: Response, sendNew: SendNew): Promise<void> {
    if (this.#open.size >= MOST_STREAMS || this.#isShuttingDown) {
      throw new DeployError('throttled', 'too many streams are open', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    const stream = new EventStream(response);
    this.#open.add(stream);
    try {
      await this.follow(stream, sendNew);
    } finally {
      this.#open.delete(stream);
    }
    stream.end();
  }

  /** Ends every stream: at shutdown, and when tokens may have changed. */
  closeAll(): void {
    for (const stream of this.#open) stream.end();
  }

  beforeApplicationShutdown(): void {
    this.#isShuttingDown = true;
    this.closeAll();
  }

  private async follow(stream: EventStream, sendNew: SendNew): Promise<void> {
    const changes = new Changes();
    const unsubscribe = this.storage.onChange(() => {
      changes.note();
    });
    stream.onClose(() => {
      changes.note();
    });
    try {
      while (!stream.isClosed && (await sendNew(stream)) === 'more') await changes.next();
    } finally {
      unsubscribe();
    }
  }
}

/** Remembers a change until it has been waited for. */
class Changes {
  #isNoted = false;
  #wake: (() => void) | null = null;

  note(): void {
    this.#isNoted = true;
    this.#wake?.();
  }

  /** Resolves at the next change, or at once if there was one since the last call. */
  async next(): Promise<void> {
    if (!this.#isNoted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = null;
    this.#isNoted = false;
  }
}
