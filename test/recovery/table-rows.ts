import { once } from 'node:events';
import { expect } from 'vitest';
import type Docker from 'dockerode';
import type { RolloutIntent } from '../../src/domain/rollout/intent.js';
import type { SampleApp } from '../support/sample-app.js';
import type { Interrupted } from './interrupted.js';
import { blockers, failed, goneWithTwin, inState, occupied } from './row-builders.js';

export const GOOD: SampleApp = { version: 'v2' };
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

export const ROWS: readonly Row[] = [
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
