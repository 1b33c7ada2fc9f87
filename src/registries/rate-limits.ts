import { DeployError } from '../domain/errors.js';
import type { HttpAnswer } from './guarded-http.js';
import { headerOf } from './guarded-http.js';

/** Where a registry says "too much" and not until when. */
const DEFAULT_HOLD_MS = 30_000;
/** The longest window in use (Docker Hub's); what goes beyond it is a mistake of the other side. */
const LONGEST_HOLD_MS = 6 * 60 * 60 * 1000;
/** Reset values above this are seconds since 1970, below it seconds from now. */
const SMALLEST_EPOCH_SECONDS = 1_000_000_000;

/** `100;w=21600`: a count, and the length of the window it is counted over, in milliseconds. */
export interface RateLimit {
  readonly count: number;
  readonly windowMs: number | null;
}

/** Reads `ratelimit-limit` and `ratelimit-remaining`; null for anything else. */
export function parseRateLimit(header: string | null): RateLimit | null {
  const match = /^\s*(\d{1,15})\s*(?:;\s*w=(\d{1,12})\s*)?(?:[;,].*)?$/.exec(header ?? '');
  if (match === null) return null;
  const [, count, window] = match;
  return { count: Number(count), windowMs: window === undefined ? null : Number(window) * 1000 };
}

/**
 * How long the answer asks us to wait, in milliseconds: `Retry-After` (seconds or date), else
 * `ratelimit-reset` or `x-ratelimit-reset`; null where it names nothing usable.
 */
export function announcedPauseMs(answer: HttpAnswer, now: number): number | null {
  const retryAfter = headerOf(answer, 'retry-after');
  const pause =
    secondsOf(retryAfter, now) ??
    dateOf(retryAfter, now) ??
    secondsOf(headerOf(answer, 'ratelimit-reset'), now) ??
    secondsOf(headerOf(answer, 'x-ratelimit-reset'), now);
  return pause === null ? null : Math.min(Math.max(0, pause), LONGEST_HOLD_MS);
}

/** Remembers which hosts are not to be asked for now, so that they are left alone until then. */
export class RateLimits {
  private readonly heldUntil = new Map<string, number>();

  /**
   * @param now Milliseconds since 1970, for the times that registries name.
   * @param steady Milliseconds of a clock that nobody sets, for how long a host is left alone.
   */
  constructor(
    private readonly now: () => number = Date.now,
    private readonly steady: () => number = () => performance.now(),
  ) {}

  /** @throws DeployError `registry-unavailable` with `retryAfterMs` while the host is to be left alone. */
  refuseWhileHeld(host: string): void {
    const until = this.heldUntil.get(host);
    if (until === undefined) return;
    const retryAfterMs = until - this.steady();
    if (retryAfterMs <= 0) {
      this.heldUntil.delete(host);
      return;
    }
    const seconds = String(Math.ceil(retryAfterMs / 1000));
    throw new DeployError(
      'registry-unavailable',
      `${host} limits how often it may be asked; the next try is in ${seconds} s`,
      { retryAfterMs },
    );
  }

  /**
   * Takes note of 429 and of `ratelimit-remaining: 0`. The window's length is no time to wait: windows
   * slide, so without an announced time the next try is soon.
   */
  note(host: string, answer: HttpAnswer): void {
    const remaining = parseRateLimit(headerOf(answer, 'ratelimit-remaining'));
    const isUsedUp = answer.status === 200 && remaining?.count === 0;
    if (answer.status !== 429 && !isUsedUp) return;
    const pause = announcedPauseMs(answer, this.now()) ?? DEFAULT_HOLD_MS;
    if (pause > 0) this.heldUntil.set(host, this.steady() + pause);
  }
}

function secondsOf(text: string | null, now: number): number | null {
  const match = /^\s*(\d{1,15})(?:\.\d+)?\s*$/.exec(text ?? '');
  if (match === null) return null;
  const seconds = Number(match[1]);
  return seconds >= SMALLEST_EPOCH_SECONDS ? seconds * 1000 - now : seconds * 1000;
}

function dateOf(text: string | null, now: number): number | null {
  const time = text === null || !/[a-z]/i.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time - now;
}
