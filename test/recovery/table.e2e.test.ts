import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type Docker from 'dockerode';
import type { RolloutIntent } from '../../src/domain/rollout.js';
import { Storage } from '../../src/storage/storage.js';
import { Fleet } from '../support/kill-fleet.js';
import type { SampleApp } from '../support/sample-app.js';
import { sharedRig } from '../support/shared-rig.js';
import { waitFor } from '../support/wait-for.js';
import { Interrupted } from './interrupted.js';

const GOOD: SampleApp = { version: 'v2' };
const UNHEALTHY: SampleApp = { version: 'v2', check: 'unhealthy' };
const CRASHING: SampleApp = { version: 'v2', exitsAtOnce: 3 };

/** Only SIGKILL ends it, after the 12 s that it is given: long enough for Deploy to start meanwhile. */
const STUBBORN: Docker.ContainerCreateOptions = {
  Entrypoint: ['/bin/sh', '-c', "trap '' TERM; /app/run & while :; do wait; done"],
  StopTimeout: 12,
};
const RUN_WITH_RM: Docker.ContainerCreateOptions = {
  HostConfig: { AutoRemove: true, RestartPolicy: { Name: 'no' } },
};

interface Row {
  /** O is the old container, N the new one. */
  readonly state: string;
  readonly next: SampleApp;
  readonly container?: Docker.ContainerCreateOptions;
  readonly build: (rollout: Interrupted) => Promise<void>;
  /** Done when everything else is built, right before Deploy is started. */
  readonly atLast?: (rollout: Interrupted) => Promise<void>;
  /** What a journal that is up to date says beyond that the image is pulled. */
  readonly journal: (
    rollout: Interrupted,
  ) => Partial<RolloutIntent> | Promise<Partial<RolloutIntent>>;
  readonly ends: 'v2' | 'v1';
  /** Whether the version is refused from then on: with a journal up to date, and with one that lags. */
  readonly quarantined?: readonly [boolean, boolean];
  readonly policy?: string;
  /** A journal that lags tells another story here, and the rollout goes on by it. */
  readonly upToDateOnly?: true;
}

const ROWS: readonly Row[] = [
  {
    state: 'O runs, N prepared',
    next: GOOD,
    build: (rollout) => rollout.createNew(),
    journal: () => ({}),
    ends: 'v2',
  },
  {
    state: 'O runs but its stop is in flight, N prepared',
    next: GOOD,
    container: STUBBORN,
    build: (rollout) => rollout.createNew(),
    atLast: (rollout) => {
      void rollout.old.stop();
      return Promise.resolve();
    },
    journal: (rollout) => rollout.stopped(),
    ends: 'v2',
  },
  {
    state: 'O runs but its stop is in flight, N was removed by hand',
    next: GOOD,
    container: STUBBORN,
    build: () => Promise.resolve(),
    atLast: (rollout) => {
      void rollout.old.stop();
      return Promise.resolve();
    },
    journal: (rollout) => rollout.stopped(),
    ends: 'v1',
    upToDateOnly: true,
  },
  {
    state: 'O exited, N prepared',
    next: GOOD,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.old.stop();
    },
    journal: (rollout) => rollout.stopped(),
    ends: 'v2',
  },
  {
    state: 'O exited and renamed, N prepared',
    next: GOOD,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.old.stop();
      await rollout.old.rename({ name: rollout.names.old });
    },
    journal: (rollout) => rollout.stopped(),
    ends: 'v2',
  },
  {
    state: 'O exited and renamed, N has the name and never started',
    next: GOOD,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
    },
    journal: (rollout) => rollout.stopped(),
    ends: 'v2',
  },
  {
    state: 'O exited and renamed, the start of N was refused: not executable',
    next: { version: 'v2', config: { Entrypoint: ['/nowhere'] } },
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
      await expect(rollout.new.start()).rejects.toThrow('no such file');
    },
    journal: (rollout) => rollout.started(),
    ends: 'v1',
    quarantined: [true, true],
  },
  {
    state: 'O exited and renamed, the start of N was refused: a port was taken and is free again',
    next: GOOD,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
      const blocker = await occupied(rollout.service.port);
      await expect(rollout.new.start()).rejects.toThrow('address already in use');
      blocker.close();
      await once(blocker, 'close');
    },
    journal: (rollout) => rollout.started(),
    ends: 'v2',
  },
  {
    state: 'O exited and renamed, the start of N was refused: a port is taken for good',
    next: GOOD,
    build: async (rollout) => {
      const { port } = rollout.service;
      blockers.push(await occupied(port + 5_000));
      await rollout.createNew({
        ExposedPorts: { '9090/tcp': {} },
        HostConfig: {
          PortBindings: {
            '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }],
            '9090/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port + 5_000) }],
          },
        },
      });
      await rollout.swapNames();
      await expect(rollout.new.start()).rejects.toThrow('address already in use');
    },
    journal: (rollout) => rollout.started(),
    ends: 'v1',
  },
  {
    state: 'O renamed and running again (an engine that restarted brought it up), N never started',
    next: GOOD,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
      await rollout.old.start();
    },
    journal: (rollout) => rollout.stopped(),
    ends: 'v2',
  },
  {
    state: 'O exited and renamed, N runs',
    next: GOOD,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
      await rollout.new.start();
    },
    journal: (rollout) => rollout.started(),
    ends: 'v2',
  },
  {
    state: 'O exited and renamed, N runs and is unhealthy',
    next: UNHEALTHY,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
      await rollout.new.start();
      await inState(rollout.new, ({ Health }) => Health?.Status === 'unhealthy');
    },
    journal: (rollout) => rollout.started(),
    ends: 'v1',
    quarantined: [true, true],
  },
  {
    state: 'O exited and renamed, N has exited',
    next: CRASHING,
    build: async (rollout) => {
      await rollout.createNew({ HostConfig: { RestartPolicy: { Name: 'no' } } });
      await rollout.swapNames();
      await rollout.new.start();
      await inState(rollout.new, ({ Status }) => Status === 'exited');
    },
    journal: (rollout) => rollout.started(),
    ends: 'v1',
    quarantined: [true, true],
  },
  {
    state: 'O exited and renamed, N restarts again and again',
    next: CRASHING,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
      await rollout.new.start();
      await inState(rollout.new, ({ Status }) => Status === 'restarting');
    },
    journal: (rollout) => rollout.started(),
    ends: 'v1',
    quarantined: [true, true],
  },
  {
    state: 'O exited and renamed, with its restart policy off, N set aside as failed',
    next: UNHEALTHY,
    build: async (rollout) => {
      await failed(rollout);
      await rollout.old.rename({ name: rollout.names.old });
    },
    journal: (rollout) => rollout.undoing(),
    ends: 'v1',
    quarantined: [true, false],
  },
  {
    state: 'O exited under its name, N set aside as failed',
    next: UNHEALTHY,
    build: failed,
    journal: (rollout) => rollout.undoing(),
    ends: 'v1',
    quarantined: [true, false],
  },
  {
    state: 'O runs again with its restart policy off, N set aside as failed',
    next: UNHEALTHY,
    build: async (rollout) => {
      await failed(rollout);
      await rollout.old.start();
    },
    journal: (rollout) => rollout.undoing(),
    ends: 'v1',
    quarantined: [true, false],
  },
  {
    state: 'O removed, N runs',
    next: GOOD,
    build: async (rollout) => {
      await rollout.createNew();
      await rollout.swapNames();
      await rollout.new.start();
      await rollout.old.remove();
    },
    journal: (rollout) => rollout.started(),
    ends: 'v2',
  },
  {
    state: 'O gone (run with --rm), its twin and N prepared',
    next: GOOD,
    container: RUN_WITH_RM,
    build: goneWithTwin,
    journal: (rollout) => rollout.stopped(),
    ends: 'v2',
    policy: 'no',
  },
  {
    state: 'O gone (run with --rm), its twin and a bad N prepared',
    next: CRASHING,
    container: RUN_WITH_RM,
    build: goneWithTwin,
    journal: (rollout) => rollout.stopped(),
    ends: 'v1',
    quarantined: [true, true],
    policy: 'no',
  },
];

const blockers: Server[] = [];

/** N was started, found to be bad and set aside; O has its name back and was not started. */
async function failed(rollout: Interrupted): Promise<void> {
  await rollout.createNew();
  await rollout.old.stop();
  await rollout.old.update({ RestartPolicy: { Name: 'no' } });
  await rollout.new.start();
  await rollout.new.stop();
  await rollout.new.rename({ name: rollout.names.failed });
}

async function goneWithTwin(rollout: Interrupted): Promise<void> {
  await rollout.createNew();
  await rollout.createTwin();
  await rollout.old.stop();
  await waitFor('the engine to remove it', async () => {
    const left = await rollout.fleet.containersOf(rollout.service);
    return left.length === 2;
  });
}

async function inState(
  container: Docker.Container,
  accept: (state: Docker.ContainerInspectInfo['State']) => boolean,
): Promise<void> {
  await waitFor('the state', async () => (await container.inspect()).State, accept, { every: 5 });
}

async function occupied(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const BUILDERS = 4;
const JOURNALS = ['up to date', 'that lags'] as const;
const CASES = ROWS.flatMap((row) =>
  JOURNALS.filter((journal) => row.upToDateOnly !== true || journal === 'up to date').map(
    (journal) => ({ ...row, row, journal }),
  ),
);

const RECOVERY_MS = 600_000;

describe('a rollout that was interrupted', () => {
  const rollouts = new Map<string, Interrupted>();
  let foreign: Interrupted;
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.prepare(sharedRig(), CASES.length + 1);
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
    for (const { atLast, state, journal } of CASES) {
      const rollout = rollouts.get(`${state}, ${journal}`);
      if (rollout !== undefined) await atLast?.(rollout);
    }
    await storage.close();
    await fleet.start();
  }, 240_000);

  afterAll(async () => {
    for (const blocker of blockers) blocker.close();
    const all = [...rollouts.values(), foreign];
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
    for (const journal of JOURNALS) {
      const state = ROWS.find((row) => row.state.includes('taken for good'))?.state ?? '';
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
});

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
