import { DeployError } from '../domain/errors.js';
import type { HttpAnswer } from '../outgoing/guarded-http.js';
import { headerOf } from '../outgoing/guarded-http.js';

/** Used if a registry answers 429 without saying for how long. */
const DEFAULT_HOLD_MS = 30_000;
/** The longest window in use (Docker Hub's); a longer one is an error of the registry. */
const LONGEST_HOLD_MS = 6 * 60 * 60 * 1000;
/** Reset values from here on are seconds since 1970, smaller ones are seconds from now. */
const SMALLEST_EPOCH_SECONDS = 1_000_000_000;

/** The part of an announced limit that is reserved for pushes. */
const SPARED_FRACTION = 0.1;
/** How long polls then spare the host: this part of the window, or the default below if none is announced. */
const SPARED_WINDOW_FRACTION = 0.1;
const DEFAULT_SPARING_MS = 5 * 60_000;

/** Why a registry is asked. `polled` requests can wait, and leave the rest of a rate limit to `pushed` ones. */
export type Urgency = 'pushed' | 'polled';

/** `100;w=21600`: a count, and the window in which requests are counted, in milliseconds (seconds in the header). */
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
 * How long the answer asks us to wait, in milliseconds: `Retry-After` (seconds or date), else `ratelimit-reset`
 * or `x-ratelimit-reset`; null if there is nothing usable.
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

/** Remembers which hosts must not be asked for a while. */
export class RateLimits {
  readonly #heldUntil = new Map<string, number>();
  readonly #sparedUntil = new Map<string, number>();

  /**
   * @param now Milliseconds since 1970, to interpret times that registries announce.
   * @param steady Milliseconds of a monotonic clock, to measure pauses.
   */
  constructor(
    private readonly now: () => number = Date.now,
    private readonly steady: () => number = () => performance.now(),
  ) {}

  /**
   * @throws DeployError `registry-unavailable` with `retryAfterMs` while the host must not be asked; for polls
   * also while little is left of its limit.
   */
  refuseWhileHeld(host: string, urgency: Urgency = 'pushed'): void {
    const heldMs = this.leftOf(this.#heldUntil, host);
    if (heldMs > 0) throw refusal(`${host} limits the rate of requests`, heldMs);
    const sparedMs = urgency === 'polled' ? this.leftOf(this.#sparedUntil, host) : 0;
    if (sparedMs > 0) {
      throw refusal(`${host} allows few more requests, which are left for pushes`, sparedMs);
    }
  }

  /**
   * Records 429 and `ratelimit-remaining: 0`. The window's length is not used as a pause: windows slide, so
   * without an announced time the next attempt follows soon.
   */
  note(host: string, answer: HttpAnswer): void {
    const remaining = parseRateLimit(headerOf(answer, 'ratelimit-remaining'));
    const isUsedUp = answer.status === 200 && remaining?.count === 0;
    this.noteWhatIsLeft(host, answer, remaining);
    if (answer.status !== 429 && !isUsedUp) return;
    const pause = announcedPauseMs(answer, this.now()) ?? DEFAULT_HOLD_MS;
    if (pause > 0) this.#heldUntil.set(host, this.steady() + pause);
  }

  private noteWhatIsLeft(host: string, answer: HttpAnswer, remaining: RateLimit | null): void {
    const limit = parseRateLimit(headerOf(answer, 'ratelimit-limit'));
    if (limit === null || remaining === null) return;
    if (remaining.count > limit.count * SPARED_FRACTION) {
      this.#sparedUntil.delete(host);
      return;
    }
    const window = remaining.windowMs ?? limit.windowMs;
    const pause =
      announcedPauseMs(answer, this.now()) ??
      (window === null ? DEFAULT_SPARING_MS : window * SPARED_WINDOW_FRACTION);
    this.#sparedUntil.set(host, this.steady() + Math.min(pause, LONGEST_HOLD_MS));
  }

  /** Remaining milliseconds; 0 or less once it is over, and the entry is then removed. */
  private leftOf(until: Map<string, number>, host: string): number {
    const left = (until.get(host) ?? -Infinity) - this.steady();
    if (left <= 0) until.delete(host);
    return left;
  }
}

function refusal(why: string, retryAfterMs: number): DeployError {
  const seconds = String(Math.ceil(retryAfterMs / 1000));
  return new DeployError('registry-unavailable', `${why}; next attempt in ${seconds} s`, {
    retryAfterMs,
  });
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
