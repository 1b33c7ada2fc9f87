/** So many of a service's newest deployments, and of its newest that succeeded, are kept however old they are. */
export const KEPT_DEPLOYMENTS = 20;

/** A delivery with an id that its sender used within this time is a duplicate, in milliseconds. */
export const SAME_ID_MS = 24 * 3_600_000;
/** Deliveries that may have a duplicate are kept this much longer, in milliseconds: clocks are not that exact. */
const DUPLICATE_MARGIN_MS = 3_600_000;

/** What is older than these may be pruned. RFC 3339, UTC, milliseconds. */
export interface Cutoffs {
  /** For deployments, by their end, and for events. */
  readonly history: string;
  /** For deliveries, which duplicates are known by. */
  readonly deliveries: string;
}

/** From when on everything is kept. Both in milliseconds; `now` since 1970. */
export function cutoffsOf(now: number, retentionMs: number): Cutoffs {
  const before = (milliseconds: number): string => new Date(now - milliseconds).toISOString();
  return {
    history: before(retentionMs),
    deliveries: before(Math.max(retentionMs, SAME_ID_MS + DUPLICATE_MARGIN_MS)),
  };
}
