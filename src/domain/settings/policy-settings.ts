/** Days of the week as the configuration names them, Monday first. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/**
 * Hours in which deployments may start: when the local time of its time zone is on one of its days, from `from` until
 * before `to`. If `from` is later than `to`, it spans midnight and belongs to the day of `from`.
 */
export interface Window {
  /** In weekday order. */
  readonly days: readonly Day[];
  /** Minutes after midnight, 0 to 1439. */
  readonly from: number;
  /** Minutes after midnight, 1 to 1440; not the same as `from`. */
  readonly to: number;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timezone: string;
}

/** Who has to approve a deployment before it may start. */
export interface ApprovalSettings {
  /** How many different people have to approve. */
  readonly required: number;
  /** Names that may approve, of tokens or of people who are sent links; null: every operator. */
  readonly of: readonly string[] | null;
  /** How long a deployment waits for approval before it expires, in milliseconds. */
  readonly expiresMs: number;
}

/** Where a digest must have succeeded and stayed healthy first. */
export interface PromotionSettings {
  readonly environment: string;
  readonly service: string;
  /** How long it must have been healthy there, in milliseconds. */
  readonly afterMs: number;
}

/** When a deployment of a service may start. */
export interface PolicySettings {
  /** How long to wait after the push, in milliseconds; 0: no wait. */
  readonly delayMs: number;
  /** A deployment may start in any of these; empty: at any time. */
  readonly windows: readonly Window[];
  readonly approval: ApprovalSettings | null;
  readonly promoteFrom: PromotionSettings | null;
  /** The interval at which the registry is polled, in milliseconds; null: never. */
  readonly pollMs: number | null;
}

/** No policy: deployments start at once. */
export const NO_POLICY: PolicySettings = {
  delayMs: 0,
  windows: [],
  approval: null,
  promoteFrom: null,
  pollMs: null,
};

/** A planned freeze of some environments, from the configuration's calendar. */
export interface FreezePeriod {
  /** RFC 3339, UTC; the first frozen moment. */
  readonly from: string;
  /** RFC 3339, UTC; the first moment after the freeze. */
  readonly to: string;
  readonly reason: string;
  /** Null: all environments. */
  readonly environments: readonly string[] | null;
}
