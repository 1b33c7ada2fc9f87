import { afterEach, describe, expect, it } from 'vitest';
import { LAST_WORD } from '../support/fleet-container.js';
import type { FleetOptions } from '../support/kill-fleet.js';
import { KillLane } from '../support/kill-lane.js';
import { killEverywhere, type KillCase } from '../support/kill-suite.js';
import { sharedRig } from '../support/shared-rig.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';

/**
 * By default one in twenty of these, but for the extra cases: for `recreate` every instant for the good image, and for
 * a bad one every call and commit from the new container's start on; before that nothing can tell one image from
 * another. For a handover every call and commit from the moment on at which a bad image takes over.
 * `npm run test:faults`: before, during and after every call, look and commit, for all of them.
 */
const LANES = 2;
/** Of all positions so many may not come: how often Deploy looks depends on the moment. */
const MAY_MISS = ALL_TRIALS ? 0.1 : 0;
const EVERY = 20;

const CREATION = 'POST /containers/create';
const START = 'POST /containers/:id/start';
/** When the one beside it was told to stop; when it has left the network on which it waited for the ports. */
const UNHEALTHY_ALONE = {
  version: 'v2',
  check: 'healthy',
  checkEvery: 800,
  unhealthyOnce: `[ -e ${LAST_WORD} ]`,
} as const;
const UNHEALTHY_OUTSIDE = {
  version: 'v2',
  check: 'healthy',
  checkEvery: 800,
  unhealthyOnce: "! busybox ip -4 -o addr | busybox grep -q 'inet 198[.]1[89][.]'",
} as const;
const BAD = {
  phases: ['rolled-back', 'failed'],
  serves: 'v1',
  coverage: 'calls-and-commits',
} as const;

const START_FIRST =
  'strategy: start-first, overlap: allowed, drain: { signal: SIGUSR1, wait: 100ms }, health: { stableFor: 300ms }';
const HANDOVER = 'strategy: handover, overlap: allowed, health: { stableFor: 300ms }';

interface Case extends Omit<KillCase, 'every'> {
  readonly strategy: string;
  readonly options: FleetOptions;
  /** Left to `npm run test:faults`. */
  readonly isExtra?: true;
}

const CASES: readonly Case[] = [
  {
    name: 'a good image',
    strategy: 'recreate',
    options: {},
    next: { version: 'v2' },
    atOnce: 6,
    phases: ['succeeded'],
    serves: 'v2',
    coverage: 'instants',
    from: '',
  },
  {
    ...BAD,
    name: 'an unhealthy image',
    isExtra: true,
    strategy: 'recreate',
    options: {},
    next: { version: 'v2', check: 'unhealthy', checkEvery: 800 },
    atOnce: 6,
    phases: ['rolled-back'],
    from: START,
  },
  {
    ...BAD,
    name: 'a crash-looping image',
    isExtra: true,
    strategy: 'recreate',
    options: {},
    next: { version: 'v2', exitsAtOnce: 3 },
    atOnce: 3,
    phases: ['rolled-back'],
    from: START,
  },
  {
    name: 'a good image, and others depend on the old one',
    isExtra: true,
    strategy: 'recreate',
    options: { hasChain: true },
    next: { version: 'v2' },
    atOnce: 4,
    phases: ['succeeded'],
    serves: 'v2',
    coverage: 'calls-and-commits',
    from: 'POST /containers/:id/stop',
  },
  {
    ...BAD,
    name: 'an unhealthy image, and others depend on the old one',
    isExtra: true,
    strategy: 'recreate',
    options: { hasChain: true },
    next: { version: 'v2', check: 'unhealthy', checkEvery: 800 },
    atOnce: 4,
    phases: ['rolled-back'],
    from: START,
  },
  {
    name: 'a good image',
    isExtra: true,
    strategy: 'start-first',
    options: {
      rollout: `{ ${START_FIRST}, watch: 500ms }`,
      hasNetworks: true,
      hasFixedPort: false,
    },
    next: { version: 'v2' },
    atOnce: 6,
    phases: ['succeeded'],
    serves: 'v2',
    coverage: 'instants',
    from: CREATION,
    overlaps: true,
  },
  {
    ...BAD,
    name: 'an image that turns unhealthy after it took over',
    isExtra: true,
    strategy: 'start-first',
    options: { rollout: `{ ${START_FIRST}, watch: 5s }`, hasNetworks: true, hasFixedPort: false },
    next: UNHEALTHY_ALONE,
    atOnce: 6,
    from: 'POST /containers/:id/stop',
    overlaps: true,
  },
  {
    name: 'a good image',
    isExtra: true,
    strategy: 'handover',
    options: { rollout: `{ ${HANDOVER}, watch: 500ms }`, hasNetworks: true },
    next: { version: 'v2' },
    atOnce: 6,
    phases: ['succeeded'],
    serves: 'v2',
    coverage: 'instants',
    from: CREATION,
    overlaps: true,
  },
  {
    ...BAD,
    name: 'an image that turns unhealthy after it took over',
    strategy: 'handover',
    options: { rollout: `{ ${HANDOVER}, watch: 5s }`, hasNetworks: true },
    next: UNHEALTHY_OUTSIDE,
    atOnce: 6,
    from: 'POST /networks/:waiting/disconnect',
    overlaps: true,
  },
];

describe('kill -9 of Deploy at every instant of a deployment', () => {
  let lanes: readonly KillLane[] = [];
  const rows: { readonly strategy: string; readonly cells: readonly (string | number)[] }[] = [];
  afterEach(async () => {
    await Promise.all(lanes.map((lane) => lane.remove()));
  });
  /** After each case: a run of all of them takes an hour. */
  const record = (strategy: string): Promise<void> =>
    recordTrials(`kills-by-position-${strategy}`, {
      title: `kill -9 of Deploy before, during and after every engine call and commit, with ${strategy}`,
      command: `npm run test:faults -- test/recovery/kill.e2e.test.ts -t ${strategy}`,
      columns: ['the new version is', 'positions', 'hit', 'faults'],
      rows: rows.filter((row) => row.strategy === strategy).map(({ cells }) => cells),
    });

  it.each(CASES.filter(({ isExtra }) => ALL_TRIALS || isExtra !== true))(
    'of $name by $strategy leaves one serving container of the right version',
    async ({ options, strategy, ...kase }) => {
      const stage = sharedRig();
      lanes = await Promise.all(
        Array.from({ length: LANES }, () => KillLane.prepare(stage, options)),
      );
      const whole: KillCase = ALL_TRIALS
        ? { ...kase, coverage: 'all', from: '', every: 1 }
        : { ...kase, every: EVERY };
      const summary = await killEverywhere(lanes, stage, whole);
      const { planned, hit, faults } = summary;
      rows.push({ strategy, cells: [kase.name, planned, hit, faults.length] });
      await record(strategy);
      expect(faults).toEqual([]);
      expect(planned).toBeGreaterThan(0);
      expect(hit).toBeGreaterThanOrEqual(planned * (1 - MAY_MISS));
    },
    1_800_000,
  );
});
