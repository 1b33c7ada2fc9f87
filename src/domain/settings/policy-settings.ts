/** Days of the week as the configuration names them, Monday first. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/**
 * Hours in which deployments may start: whenever a clock on the wall of its time zone shows one of its days and a
 * time from `from` until before `to`. With `from` later than `to` it runs over midnight and belongs to the day of
 * `from`.
 */
export interface Window {
  /** In the order of the week. */
  readonly days: readonly Day[];
  /** Minutes after midnight, 0 to 1439. */
  readonly from: number;
  /** Minutes after midnight, 1 to 1440; not the same as `from`. */
  readonly to: number;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timezone: string;
}

/** Who has to agree before a deployment may go. */
export interface ApprovalSettings {
  /** How many different people. */
  readonly required: number;
  /** Names that may, of tokens or of people who are sent links; null: every operator. */
  readonly of: readonly string[] | null;
  /** How long after it began to wait for them a deployment expires, in milliseconds. */
  readonly expiresMs: number;
}

/** Where a digest must have proved itself first. */
export interface PromotionSettings {
  readonly environment: string;
  readonly service: string;
  /** How long it must have stayed healthy there, in milliseconds. */
  readonly afterMs: number;
}

/** When a deployment of a service may go. */
export interface PolicySettings {
  /** How long to wait after the push, in milliseconds; 0: not at all. */
  readonly delayMs: number;
  /** It may start in any of them; empty: at any time. */
  readonly windows: readonly Window[];
  readonly approval: ApprovalSettings | null;
  readonly promoteFrom: PromotionSettings | null;
  /** How often the registry is asked without a push, in milliseconds; null: never. */
  readonly pollMs: number | null;
}

/** Deploys at once. */
export const NO_POLICY: PolicySettings = {
  delayMs: 0,
  windows: [],
  approval: null,
  promoteFrom: null,
  pollMs: null,
};

/** A stretch of time in which nothing starts in some environments, from the configuration's calendar. */
export interface FreezePeriod {
  /** RFC 3339, UTC; the first moment that is frozen. */
  readonly from: string;
  /** RFC 3339, UTC; the first moment that is not. */
  readonly to: string;
  readonly reason: string;
  /** Null: all environments. */
  readonly environments: readonly string[] | null;
}
