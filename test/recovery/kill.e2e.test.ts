import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KillLane } from '../support/kill-lane.js';
import { killPlan, runKills, type Coverage, type KillCase } from '../support/kill-suite.js';
import { sharedRig } from '../support/shared-rig.js';

/**
 * By default: every instant for the good image, with the looks at the engine, and for the two bad ones every
 * instant from the new container's start on; before that nothing can tell one image from another.
 * DEPLOY_KILLS=all: before, during and after every call and commit, for all three.
 */
const ALL = process.env['DEPLOY_KILLS'] === 'all';
const LANES = 2;

const START = 'POST /containers/:id/start';
const CASES: readonly (KillCase & { name: string; coverage: Coverage; from: string })[] = [
  {
    name: 'a good image',
    next: { version: 'v2' },
    atOnce: 6,
    phase: 'succeeded',
    serves: 'v2',
    coverage: 'instants-and-reads',
    from: '',
  },
  {
    name: 'an unhealthy image',
    next: { version: 'v2', check: 'unhealthy' },
    atOnce: 6,
    phase: 'rolled-back',
    serves: 'v1',
    coverage: 'instants',
    from: START,
  },
  {
    name: 'a crash-looping image',
    next: { version: 'v2', exitsAtOnce: 3 },
    atOnce: 3,
    phase: 'rolled-back',
    serves: 'v1',
    coverage: 'instants',
    from: START,
  },
];

describe('kill -9 of Deploy at every instant of a deployment', () => {
  let lanes: readonly KillLane[] = [];
  beforeAll(async () => {
    lanes = await Promise.all(Array.from({ length: LANES }, () => KillLane.prepare(sharedRig())));
  });
  afterAll(async () => {
    await Promise.all(lanes.map((lane) => lane.remove()));
  });

  it.each(CASES)(
    'of $name leaves one serving container of the right version',
    async (kase) => {
      const [recorded = [], again = []] = await Promise.all(
        lanes.slice(0, 2).map(async (lane) => {
          const service = await lane.fleet.add(kase.next);
          const events = await lane.record(service);
          await lane.fleet.clear(service);
          return events;
        }),
      );
      const plan = killPlan(recorded, again, ALL ? 'all' : kase.coverage, ALL ? '' : kase.from);
      const summary = await runKills(lanes, sharedRig(), kase, plan);
      console.log(
        `kill -9, ${kase.name}: ${summary.planned} positions planned, ${summary.hit} hit, ${summary.seconds} s`,
      );
      expect(summary).toMatchObject({ hit: plan.positions.length, faults: [] });
    },
    1_800_000,
  );
});
