import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Storage } from '../../src/storage/storage.js';
import { Fleet } from '../support/kill-fleet.js';
import { sharedRig } from '../support/shared-rig.js';
import { ALL_TRIALS } from '../support/trials.js';
import { waitFor } from '../support/wait-for.js';
import { Interrupted } from './interrupted.js';
import { blockers } from './row-builders.js';
import { GOOD, ROWS } from './table-rows.js';

const BUILDERS = 4;
const JOURNALS = ['up to date', 'that lags'] as const;
/** By default one journal for each state, in turns. */
const CASES = ROWS.flatMap((row, index) =>
  JOURNALS.filter((journal) => row.upToDateOnly !== true || journal === 'up to date')
    .filter((_, which, { length }) => ALL_TRIALS || which === index % length)
    .map((journal) => ({ ...row, row, journal })),
);

const RECOVERY_MS = 600_000;

describe('a rollout that was interrupted', () => {
  const rollouts = new Map<string, Interrupted>();
  let foreign: Interrupted;
  let lossy: Interrupted;
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.prepare(sharedRig(), CASES.length + 2);
    const file = join(fleet.deploy.folder, 'data', 'deploy.db');
    const storage = await Storage.open(`sqlite:${file}`);
    const left = [...CASES];
    const buildAll = async (): Promise<void> => {
      for (let each = left.shift(); each !== undefined; each = left.shift()) {
        const { row, state, next, container, build, journal } = each;
        const rollout = await Interrupted.begin(fleet, storage, next, container);
        await build(rollout);
        await rollout.store(journal === 'that lags' ? {} : await row.journal(rollout));
        rollouts.set(`${state}, ${journal}`, rollout);
      }
    };
    await Promise.all(Array.from({ length: BUILDERS }, buildAll));
    foreign = await withForeignName(fleet, storage);
    lossy = await withLostSetting(fleet, storage);
    for (const { atLast, state, journal } of CASES) {
      const rollout = rollouts.get(`${state}, ${journal}`);
      if (rollout !== undefined) await atLast?.(rollout);
    }
    await storage.close();
    await fleet.start();
  }, 240_000);

  afterAll(async () => {
    for (const blocker of blockers) blocker.close();
    const all = [...rollouts.values(), foreign, lossy];
    await Promise.all(all.map(({ service }) => fleet.clear(service)));
    await fleet.deploy.remove();
  });

  it.each(CASES)(
    '$state; journal $journal: ends as $ends',
    async ({ state, journal, ends, quarantined, policy = 'always' }) => {
      const rollout = rollouts.get(`${state}, ${journal}`);
      if (rollout === undefined) throw new Error('it was not built');
      const { service } = rollout;
      // All rows are recovered at once, by one Deploy: the first waits for most of the others.
      const deployment = await fleet.ended(service, RECOVERY_MS);
      const isRefused = quarantined?.[journal === 'up to date' ? 0 : 1] === true;
      expect(deployment).toMatchObject({ phase: ends === 'v2' ? 'succeeded' : 'rolled-back' });
      await waitFor('it to serve', () => fleet.served(service));
      expect(await fleet.outcome(service)).toEqual({
        ...fleet.expected(service, ends, isRefused ? [service.nextDigest] : []),
        policy,
      });
    },
    RECOVERY_MS,
  );

  it('tries a start that was refused for a taken port exactly once more', async () => {
    const refused = CASES.filter(({ state }) => state.includes('taken for good'));
    expect(refused).not.toEqual([]);
    for (const { state, journal } of refused) {
      const rollout = rollouts.get(`${state}, ${journal}`);
      if (rollout === undefined) throw new Error('it was not built');
      const { steps, error } = await fleet.ended(rollout.service);
      expect(steps.filter((step) => step.name === 'start-new')).toHaveLength(1);
      expect(error).toMatchObject({ code: 'port-taken', serving: 'old' });
    }
  });

  it('touches nothing of a container that took the name, and starts the old one under the name it has', async () => {
    const { docker } = sharedRig();
    const deployment = await fleet.ended(foreign.service);
    expect(deployment).toMatchObject({
      phase: 'failed',
      error: { code: 'name-taken', serving: 'old' },
    });
    expect(await fleet.served(foreign.service)).toBe('v1');
    const { Config, State } = await docker.getContainer(foreign.names.final).inspect();
    expect(Config.Labels).toMatchObject({ whose: 'somebody else' });
    expect(State.Running).toBe(true);
    const old = await foreign.old.inspect();
    expect(old.Name).toBe(`/${foreign.names.old}`);
    expect(old.HostConfig.RestartPolicy?.Name).toBe('always');
    const names = (await fleet.containersOf(foreign.service)).flatMap((each) => each.Names).sort();
    expect(names).toEqual([`/${foreign.names.final}`, `/${foreign.names.old}`]);
  });

  it('goes no further where the new container has not all settings of the old one', async () => {
    const deployment = await fleet.ended(lossy.service);
    const message = expect.stringContaining(
      'Config.StopTimeout was 3 and would be not set',
    ) as string;
    expect(deployment).toMatchObject({
      phase: 'failed',
      error: { code: 'settings-changed', message, serving: 'old' },
    });
    expect(await fleet.outcome(lossy.service)).toEqual(fleet.expected(lossy.service, 'v1', []));
    const { State } = await lossy.old.inspect();
    expect(State.StartedAt).toBe(lossy.intent.old.startedAt);
  });
});

/** The new container is prepared as by an engine that forgets one setting. */
async function withLostSetting(fleet: Fleet, storage: Storage): Promise<Interrupted> {
  const rollout = await Interrupted.begin(fleet, storage, GOOD);
  await rollout.createNew({ StopTimeout: undefined });
  await rollout.store({});
  return rollout;
}

async function withForeignName(fleet: Fleet, storage: Storage): Promise<Interrupted> {
  const rollout = await Interrupted.begin(fleet, storage, GOOD);
  await rollout.createNew();
  await rollout.old.stop();
  await rollout.old.rename({ name: rollout.names.old });
  const stranger = await fleet.stage.docker.createContainer({
    name: rollout.names.final,
    Image: rollout.intent.old.imageId,
    Labels: { whose: 'somebody else' },
  });
  await stranger.start();
  await rollout.store(rollout.stopped());
  return rollout;
}
