import type Docker from 'dockerode';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepName } from '../../src/domain/rollout/step.js';
import { EngineRig } from '../support/engine-rig.js';
import { Fleet, PATIENCE_MS, type FleetOptions, type FleetService } from '../support/kill-fleet.js';
import { NetworkNamespace } from '../support/network-namespace.js';
import { RegistryRig } from '../support/registry-rig.js';
import { ALL_TRIALS } from '../support/trials.js';
import { waitFor } from '../support/wait-for.js';

/** Takes 2 s to end, so that the engine can be caught while it stops it. */
const SLOW: Docker.ContainerCreateOptions = {
  Entrypoint: ['/bin/sh', '-c', "trap 'sleep 2; exit 0' TERM; /app/run & while :; do wait; done"],
  StopTimeout: 5,
};

/** Both versions run for some time before and after the switch. */
const OVERLAPPING = 'overlap: allowed, watch: 3s, health: { stableFor: 2s }';
const FLEETS: Readonly<Record<string, FleetOptions>> = {
  recreate: { rollout: '{ health: { stableFor: 3s } }' },
  'start-first': {
    rollout: `{ strategy: start-first, drain: { wait: 3s }, ${OVERLAPPING} }`,
    hasNetworks: true,
    hasFixedPort: false,
  },
  chain: { rollout: '{ health: { stableFor: 3s } }', hasChain: true },
  handover: { rollout: `{ strategy: handover, ${OVERLAPPING} }`, hasNetworks: true },
};

interface Point {
  readonly point: string;
  readonly after: StepName;
  readonly pauseMs: number;
  /** Or a service by `recreate` on which others depend. */
  readonly strategy?: 'start-first' | 'handover' | 'chain';
  /** Left to `npm run test:faults`. */
  readonly isExtra?: true;
  /** Both where it is left out. */
  readonly signals?: readonly Signal[];
}

type Signal = 'SIGTERM' | 'SIGKILL';

const POINTS: readonly Point[] = [
  {
    point: 'after the creation of the new container',
    isExtra: true,
    after: 'create',
    pauseMs: 0,
    signals: ['SIGKILL'],
  },
  { point: 'after the stop of the old one', after: 'stop-old', pauseMs: 0 },
  {
    point: 'after the start of the new one',
    isExtra: true,
    after: 'start-new',
    pauseMs: 0,
    signals: ['SIGKILL'],
  },
  { point: 'while the new one proves itself', after: 'start-new', pauseMs: 1_000 },
  {
    point: 'while the old one is given time to finish',
    isExtra: true,
    after: 'join-new',
    // It has to stay up for 2 s once more before that.
    pauseMs: 3_000,
    strategy: 'start-first',
    signals: ['SIGTERM'],
  },
  {
    point: 'while the new one waits for the ports',
    isExtra: true,
    after: 'start-new',
    pauseMs: 500,
    strategy: 'handover',
    signals: ['SIGTERM'],
  },
  {
    point: 'after the ports changed hands',
    after: 'hand-over',
    pauseMs: 0,
    strategy: 'handover',
    signals: ['SIGKILL'],
  },
  {
    point: 'while the new one has the ports and the old one is at hand',
    isExtra: true,
    after: 'hand-over',
    pauseMs: 1_000,
    strategy: 'handover',
    signals: ['SIGTERM'],
  },
];
/** Only where all trials are asked for. */
const POINTS_OF_CHAIN: readonly Point[] = [
  { point: 'after the stop of what depends on it', after: 'stop-dependent', pauseMs: 0 },
  { point: 'while what depends on it waits for the new one', after: 'start-new', pauseMs: 1_000 },
  { point: 'after the start of what depends on the new one', after: 'start-dependent', pauseMs: 0 },
  { point: 'when what depends on it is up', after: 'verify-dependent', pauseMs: 0 },
].map((each): Point => ({ ...each, after: each.after as StepName, strategy: 'chain' }));
/** By default one signal at each point, in turns. */
const CASES = (
  ALL_TRIALS ? [...POINTS, ...POINTS_OF_CHAIN] : POINTS.filter(({ isExtra }) => isExtra !== true)
).flatMap(({ signals = ['SIGTERM', 'SIGKILL'], ...each }, index) =>
  signals
    .filter((_, which) => ALL_TRIALS || which === index % signals.length)
    .map((signal) => ({ ...each, signal })),
);

describe('an engine that is started anew in the middle of a rollout', () => {
  let place: NetworkNamespace;
  let engine: EngineRig;
  let registry: RegistryRig;
  const fleets = new Map<string, Fleet>();

  beforeAll(async () => {
    place = await NetworkNamespace.create();
    engine = await EngineRig.start({ place });
    registry = await RegistryRig.start({ place });
    const stage = {
      docker: engine.docker,
      engineHost: engine.host,
      registryHost: registry.host,
      registry: registry.client,
    };
    const tried = new Set(['handover', ...CASES.map(({ strategy = 'recreate' }) => strategy)]);
    for (const [strategy, options] of Object.entries(FLEETS)) {
      if (!tried.has(strategy)) continue;
      const fleet = await Fleet.prepare(stage, CASES.length, { place, ...options });
      await fleet.start();
      fleets.set(strategy, fleet);
    }
  });

  afterAll(async () => {
    for (const fleet of fleets.values()) await fleet.deploy.remove();
    await registry.remove();
    await engine.remove();
    await place.remove();
  });

  it.each(CASES)(
    'ended by $signal $point: one container serves, and the version is not blamed',
    async ({ after, pauseMs, signal, strategy = 'recreate' }) => {
      const fleet = fleetOf(strategy);
      const service = await fleet.add({ version: 'v2' }, SLOW);
      expect((await fleet.hook(service)).status).toBe(202);
      await waitFor(
        `the end of ${after}`,
        () => fleet.deployment(service),
        (seen) =>
          seen?.steps.some((step) => step.name === after && step.outcome === 'done') === true,
        { within: PATIENCE_MS, every: 5 },
      );
      await delay(pauseMs);
      await engine.stop(signal);
      const meanwhile = await fleet.deployment(service);
      await engine.start();
      expect(meanwhile?.finishedAt).toBeNull();

      const { phase, error } = await fleet.ended(service);
      // "failed" is an end of those only where the old one was not touched yet, and serves.
      const isUntouched = phase === 'failed' && error?.serving === 'old';
      const ends = ['succeeded', 'rolled-back', ...(isUntouched ? ['failed'] : [])];
      expect(ends, JSON.stringify(error)).toContain(phase);
      const version = phase === 'succeeded' ? 'v2' : 'v1';
      await expectServed(fleet, service, JSON.stringify({ phase, error }));
      expect(await fleet.outcome(service)).toEqual(fleet.expected(service, version, []));
      await fleet.clear(service);
    },
    120_000,
  );

  it('leaves a container that was handed its ports with them, under its name', async () => {
    const fleet = fleetOf('handover');
    const service = await fleet.add({ version: 'v2' });
    expect((await fleet.hook(service)).status).toBe(202);
    expect(await fleet.ended(service)).toMatchObject({ phase: 'succeeded' });
    await engine.stop('SIGTERM');
    await engine.start();
    await expectServed(fleet, service, 'an engine that was started anew');
    await waitFor(
      'Deploy to reach the engine',
      () => fleet.outcome(service),
      (seen) => JSON.stringify(seen) === JSON.stringify(fleet.expected(service, 'v2', [])),
    );
    await fleet.clear(service);
  }, 120_000);

  function fleetOf(strategy: string): Fleet {
    const fleet = fleets.get(strategy);
    if (fleet === undefined) throw new Error(`there is no fleet for ${strategy}`);
    return fleet;
  }

  /** Where it does not serve, what the engine shows of it tells more than that. */
  async function expectServed(fleet: Fleet, service: FleetService, after: string): Promise<void> {
    try {
      await waitFor(`it to serve after ${after}`, () => fleet.served(service));
    } catch (error) {
      const containers = await fleet.containersOf(service);
      const shown = containers.map(({ Id }) => engine.docker.getContainer(Id).inspect());
      const states = (await Promise.all(shown)).map(({ Name, State, NetworkSettings }) => {
        return JSON.stringify({ Name, State, Ports: NetworkSettings.Ports });
      });
      throw new Error(`${String(error)}\n${states.join('\n')}`, { cause: error });
    }
  }
});
