import type { FreezePeriod } from '../settings/policy-settings.js';

/** While it lasts nothing starts in its environment, except rollbacks and what an admin forces. */
export interface Freeze {
  readonly reason: string;
  /** RFC 3339, UTC; null: until it is lifted. */
  readonly until: string | null;
  /** Name of the token, or `configuration` for the calendar of the file. */
  readonly by: string;
  /** RFC 3339, UTC. */
  readonly since: string;
}

/** The `by` of a freeze from the configuration's calendar. */
export const BY_CALENDAR = 'configuration';

/**
 * The freeze that is in force: of the manual one and those of the calendar, the one that ends last.
 * @param manual The latest manual freeze of this environment, whether or not it has ended.
 * @param now Milliseconds since 1970.
 */
export function freezeInForce(
  environment: string,
  manual: Freeze | null,
  calendar: readonly FreezePeriod[],
  now: number,
): Freeze | null {
  const planned = calendar
    .filter(({ environments }) => environments?.includes(environment) ?? true)
    .filter(({ from }) => Date.parse(from) <= now)
    .map(({ from, to, reason }) => ({ reason, until: to, by: BY_CALENDAR, since: from }));
  const inForce = [...(manual === null ? [] : [manual]), ...planned].filter(
    (each) => endOf(each) > now,
  );
  return inForce.sort((left, right) => endOf(right) - endOf(left))[0] ?? null;
}

function endOf({ until }: Freeze): number {
  return until === null ? Infinity : Date.parse(until);
}
