/** A polled service, as the schedule sees it. */
export interface PolledService {
  /** Identifies it among all services. */
  readonly key: string;
  /** Canonical repository. */
  readonly repository: string;
  /** Milliseconds from one poll to the next. */
  readonly everyMs: number;
}

/** When a service is due, in milliseconds of a monotonic clock, and by which interval. */
export interface DueTime {
  readonly at: number;
  readonly everyMs: number;
}

export type DueTimes = ReadonlyMap<string, DueTime>;

/** What to do next at a host: nothing for `ms` milliseconds, or poll the services of one repository together. */
export type Round =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'poll'; readonly repository: string; readonly keys: ReadonlySet<string> };

/**
 * Intervals are lengthened or shortened by up to this fraction, so that many Deploys do not ask at once. A service that
 * is due within this fraction of its interval is polled together with another of its repository.
 */
const JITTER = 0.1;

/**
 * The due times of the services that are polled now. A service that is new, or whose interval changed, is first due
 * after `firstMs()`, which is called once for each repository: services of one repository start together.
 */
export function withDueTimes(
  services: readonly PolledService[],
  before: DueTimes,
  now: number,
  firstMs: () => number,
): DueTimes {
  const first = new Map<string, number>();
  return new Map(
    services.map(({ key, repository, everyMs }) => {
      const known = before.get(key);
      if (known?.everyMs === everyMs) return [key, known];
      const delay = first.get(repository) ?? firstMs();
      first.set(repository, delay);
      return [key, { at: now + delay, everyMs }];
    }),
  );
}

/**
 * The next round at one host: the repository that has been due longest. Null if nothing is polled there.
 * @param notBefore Until then the registry asked to be left alone.
 */
export function nextRound(
  services: readonly PolledService[],
  due: DueTimes,
  now: number,
  notBefore: number,
): Round | null {
  const [first] = services.toSorted((one, other) => dueAt(due, one) - dueAt(due, other));
  if (first === undefined) return null;
  const ms = Math.max(dueAt(due, first), notBefore) - now;
  if (ms > 0) return { kind: 'wait', ms };
  const { repository } = first;
  const together = services.filter(
    (each) => each.repository === repository && dueAt(due, each) <= now + each.everyMs * JITTER,
  );
  return { kind: 'poll', repository, keys: new Set(together.map(({ key }) => key)) };
}

/**
 * The due times after a round.
 * @param random From 0 to 1, the same for the whole round: services that were polled together stay together.
 */
export function afterRound(
  due: DueTimes,
  keys: ReadonlySet<string>,
  now: number,
  random: number,
): DueTimes {
  const factor = 1 + JITTER * (2 * random - 1);
  return new Map(
    [...due].map(([key, time]) => [
      key,
      keys.has(key) ? { ...time, at: now + time.everyMs * factor } : time,
    ]),
  );
}

function dueAt(due: DueTimes, { key }: PolledService): number {
  return due.get(key)?.at ?? -Infinity;
}
