import { describe, expect, it } from 'vitest';
import {
  afterRound,
  nextRound,
  withDueTimes,
  type DueTimes,
  type PolledService,
} from './poll-rounds.js';

const aService = (key: string, parts: Partial<PolledService> = {}): PolledService => ({
  key,
  repository: 'docker.io/acme/web',
  everyMs: 60_000,
  ...parts,
});
const WEB = aService('web');
const WORKER = aService('worker');
const OTHER = aService('other', { repository: 'docker.io/acme/other' });

const dueAt = (times: Readonly<Record<string, number>>, everyMs = 60_000): DueTimes =>
  new Map(Object.entries(times).map(([key, at]) => [key, { at, everyMs }]));

describe('the due times', () => {
  it('start soon, together for one repository', () => {
    const delays = [3_000, 7_000];
    const due = withDueTimes([WEB, OTHER, WORKER], new Map(), 100, () => delays.shift() ?? NaN);
    expect(due).toEqual(dueAt({ web: 3_100, other: 7_100, worker: 3_100 }));
  });

  it('stay while the interval stays, and go with the service', () => {
    const before = dueAt({ web: 500, gone: 900 });
    expect(withDueTimes([WEB], before, 100, () => 0)).toEqual(dueAt({ web: 500 }));
  });

  it('start again with another interval', () => {
    const changed = aService('web', { everyMs: 30_000 });
    const due = withDueTimes([changed], dueAt({ web: 500_000 }), 100, () => 10);
    expect(due).toEqual(dueAt({ web: 110 }, 30_000));
  });
});

describe('the next round', () => {
  it('waits until the first service is due', () => {
    const due = dueAt({ web: 700, other: 400 });
    expect(nextRound([WEB, OTHER], due, 100, 0)).toEqual({ kind: 'wait', ms: 300 });
  });

  it('polls the repository that has been due longest', () => {
    const due = dueAt({ web: 90, other: 80 });
    expect(nextRound([WEB, OTHER], due, 100, 0)).toEqual({
      kind: 'poll',
      repository: OTHER.repository,
      keys: new Set(['other']),
    });
  });

  it('includes services of the same repository that are nearly due', () => {
    const late = aService('late');
    const services = [WEB, WORKER, late, OTHER];
    const due = dueAt({ web: 1_000, worker: 7_000, late: 7_001, other: 1_001 });
    expect(nextRound(services, due, 1_000, 0)).toEqual({
      kind: 'poll',
      repository: WEB.repository,
      keys: new Set(['web', 'worker']),
    });
  });

  it('waits for the time that the registry asked for', () => {
    expect(nextRound([WEB], dueAt({ web: 50 }), 100, 900)).toEqual({ kind: 'wait', ms: 800 });
  });

  it('is null if nothing is polled', () => {
    expect(nextRound([], new Map(), 100, 0)).toBeNull();
  });
});

describe('after a round', () => {
  it.each([
    [0, 54_100],
    [0.5, 60_100],
    [1, 66_100],
  ])('its services are due after their interval, more or less: %d', (random, at) => {
    const due = dueAt({ web: 90, worker: 95, other: 400 });
    expect(afterRound(due, new Set(['web', 'worker']), 100, random)).toEqual(
      dueAt({ web: at, worker: at, other: 400 }),
    );
  });

  it('services of one repository stay together, and no interval is missed', () => {
    const services = [WEB, WORKER, aService('slow', { everyMs: 600_000 })];
    let due = withDueTimes(services, new Map(), 0, () => 0);
    let now = 0;
    const polls = new Map<string, number>();
    let rounds = 0;
    while (now < 3_600_000) {
      const round = nextRound(services, due, now, 0);
      if (round?.kind === 'wait') now += round.ms;
      if (round?.kind !== 'poll') continue;
      rounds += 1;
      for (const key of round.keys) polls.set(key, (polls.get(key) ?? 0) + 1);
      due = afterRound(due, round.keys, now, (rounds % 11) / 10);
    }
    expect(polls.get('web')).toBe(polls.get('worker'));
    expect(polls.get('web')).toBeGreaterThan(54);
    expect(polls.get('slow')).toBeGreaterThanOrEqual(6);
    // The slow one goes along with the others.
    expect(rounds).toBeLessThanOrEqual((polls.get('web') ?? 0) + 2);
  });
});
