/** This many of a service's newest deployments, and of its newest successful ones, are kept regardless of age. */
export const KEPT_DEPLOYMENTS = 20;

/** A delivery whose id the same sender used within this time is a duplicate, in milliseconds. */
export const SAME_ID_MS = 24 * 3_600_000;
/** Deliveries that may have duplicates are kept this much longer, in milliseconds, because clocks differ. */
const DUPLICATE_MARGIN_MS = 3_600_000;

/** Anything older than these may be pruned. RFC 3339, UTC, milliseconds. */
export interface Cutoffs {
  /** For deployments, by their end, and for events. */
  readonly history: string;
  /** For deliveries, which are needed to recognise duplicates. */
  readonly deliveries: string;
}

/** Everything newer than these is kept. `now` and `retentionMs` in milliseconds, `now` since 1970. */
export function cutoffsOf(now: number, retentionMs: number): Cutoffs {
  const before = (milliseconds: number): string => new Date(now - milliseconds).toISOString();
  return {
    history: before(retentionMs),
    deliveries: before(Math.max(retentionMs, SAME_ID_MS + DUPLICATE_MARGIN_MS)),
  };
}
