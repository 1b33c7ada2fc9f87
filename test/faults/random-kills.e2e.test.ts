import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../support/seeded-random.js';
import { Fleet, type FleetOptions, type FleetService } from '../support/kill-fleet.js';
import { checkAfterKill, type KillEnd } from '../support/kill-suite.js';
import { Probe } from '../support/probe.js';
import type { SampleApp } from '../support/sample-app.js';
import { sharedRig } from '../support/shared-rig.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';

/** Of each strategy; 200 in all. */
const KILLS: Readonly<Record<string, number>> = ALL_TRIALS
  ? { recreate: 100, 'start-first': 50, handover: 50 }
  : { recreate: 1, 'start-first': 1, handover: 1 };
/** An undisturbed deployment has ended by then. */
const LONGEST_MS = 5_000;
const SEED = 2_026;

const OVERLAP = 'overlap: allowed, watch: 500ms, health: { stableFor: 300ms }';
const FLEETS: Readonly<Record<string, FleetOptions>> = {
  recreate: { rollout: '{ health: { stableFor: 500ms } }' },
  'start-first': {
    rollout: `{ strategy: start-first, ${OVERLAP} }`,
    hasNetworks: true,
    hasFixedPort: false,
  },
  handover: { rollout: `{ strategy: handover, ${OVERLAP} }`, hasNetworks: true },
};

/** One of each at once, so that a kill meets deployments at several places. */
const VERSIONS: readonly (KillEnd & { readonly next: SampleApp })[] = [
  { next: { version: 'v2' }, phases: ['succeeded'], serves: 'v2' },
  {
    next: { version: 'v2', check: 'healthy', checkEvery: 500 },
    phases: ['succeeded'],
    serves: 'v2',
  },
  {
    next: { version: 'v2', check: 'unhealthy', checkEvery: 500 },
    phases: ['rolled-back', 'failed'],
    serves: 'v1',
  },
];

describe('kill -9 of Deploy at random instants', () => {
  const rows: (readonly (string | number)[])[] = [];
  afterAll(() =>
    recordTrials('kills-at-random', {
      title: 'kill -9 of Deploy at random instants, with three deployments under way',
      command: 'npm run test:faults -- test/faults/random-kills.e2e.test.ts',
      columns: ['strategy', 'kills', 'deployments', 'faults', 'longest time without an answer, s'],
      rows,
    }),
  );

  it.each(Object.keys(KILLS))(
    'with %s leaves every service up, in the right version, with a true record',
    async (strategy) => {
      const kills = KILLS[strategy] ?? 0;
      const fleet = await Fleet.prepare(sharedRig(), 0, FLEETS[strategy]);
      const chance = new SeededRandom(SEED);
      const faults: string[] = [];
      let longest: number | null = null;
      try {
        for (let kill = 0; kill < kills; kill++) {
          const { gap, found } = await killOnce(fleet, chance.below(LONGEST_MS), chance);
          if (gap !== null) longest = Math.max(longest ?? 0, gap);
          faults.push(...found);
        }
      } finally {
        await fleet.deploy.remove();
      }
      const deployments = kills * VERSIONS.length;
      const seconds = longest === null ? 'not measured' : (longest / 1_000).toFixed(1);
      rows.push([strategy, kills, deployments, faults.length, seconds]);
      expect(faults).toEqual([]);
    },
    3_600_000,
  );
});

/**
 * One kill so long after the first hook; returns what was wrong afterwards, and the longest gap of the first service
 * where it is probed.
 */
async function killOnce(
  fleet: Fleet,
  afterMs: number,
  chance: SeededRandom,
): Promise<{ readonly gap: number | null; readonly found: readonly string[] }> {
  const services = await Promise.all(VERSIONS.map(({ next }) => fleet.add(next)));
  await fleet.configure(services.map(({ name }) => name));
  await fleet.start();
  const [first] = services;
  const isFixed = fleet.hasFixedPort && first !== undefined;
  const probe = isFixed ? Probe.start(`http://127.0.0.1:${first.port}/`, { every: 50 }) : null;
  for (const service of services) {
    expect((await fleet.hook(service)).status).toBe(202);
    await delay(chance.below(300));
  }
  await delay(afterMs);
  await fleet.deploy.kill();
  await fleet.start();
  const found = await Promise.all(services.map((service, index) => faultOf(fleet, service, index)));
  await probe?.stop();
  await fleet.deploy.stop();
  await Promise.all(services.map((service) => fleet.clear(service)));
  const told = found.filter((fault) => fault !== null);
  return {
    gap: probe?.longestGap ?? null,
    found: told.map((fault) => `${afterMs.toFixed(0)} ms after the hooks: ${fault}`),
  };
}

async function faultOf(fleet: Fleet, service: FleetService, index: number): Promise<string | null> {
  const end = VERSIONS[index];
  if (end === undefined) throw new Error('there is no such version');
  try {
    await checkAfterKill(fleet, service, end, false);
    return null;
  } catch (error) {
    return `${service.container}: ${String(error)}`;
  }
}
