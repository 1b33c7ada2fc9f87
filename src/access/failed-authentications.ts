import { Injectable } from '@nestjs/common';
import { ConfigurationService } from '../config/configuration.service.js';
import { DeployError } from '../domain/errors.js';
import { ThrottleStorage } from './throttle-storage.js';

/**
 * Counts wrong secrets (`server.throttle.failedAuth`). A key is a sender's network together with what it
 * tried to access. After `limit` failures the key is blocked for `per`, even with the right secret;
 * attempts made meanwhile are not checked and so do not count.
 */
@Injectable()
export class FailedAuthentications {
  readonly #failures = new ThrottleStorage();

  constructor(private readonly configuration: ConfigurationService) {}

  /** @throws DeployError `throttled` while the key is blocked. */
  assertCalm(key: string): void {
    const waitMs = this.blockedFor(key);
    if (waitMs !== null) throw tooManyFailures(waitMs);
  }

  /** For how many more milliseconds the key is blocked; null if it is not. */
  blockedFor(key: string): number | null {
    const { limit } = this.configuration.current().throttle.failedAuth;
    const window = limit > 0 ? this.#failures.peek(key) : null;
    return window !== null && window.hits >= limit ? this.#failures.leftMs(window) : null;
  }

  record(key: string): void {
    const { limit, perMs } = this.configuration.current().throttle.failedAuth;
    if (limit === 0) return;
    const { hits } = this.#failures.hit(key, perMs);
    if (hits >= limit) this.#failures.prolong(key, perMs);
  }
}

function tooManyFailures(waitMs: number): DeployError {
  return new DeployError('throttled', 'too many requests; try again later', {
    retryAfterMs: waitMs,
  });
}
