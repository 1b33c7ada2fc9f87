import type Docker from 'dockerode';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepName } from '../../src/domain/step.js';
import { EngineRig } from '../support/engine-rig.js';
import { Fleet, PATIENCE_MS } from '../support/kill-fleet.js';
import { NetworkNamespace } from '../support/network-namespace.js';
import { RegistryRig } from '../support/registry-rig.js';
import { waitFor } from '../support/wait-for.js';

/** Takes 2 s to end, so that the engine can be caught while it stops it. */
const SLOW: Docker.ContainerCreateOptions = {
  Entrypoint: ['/bin/sh', '-c', "trap 'sleep 2; exit 0' TERM; /app/run & while :; do wait; done"],
  StopTimeout: 5,
};

const POINTS: readonly { point: string; after: StepName; pauseMs: number }[] = [
  { point: 'after the creation of the new container', after: 'create', pauseMs: 0 },
  { point: 'after the stop of the old one', after: 'stop-old', pauseMs: 0 },
  { point: 'after the start of the new one', after: 'start-new', pauseMs: 0 },
  { point: 'while the new one proves itself', after: 'start-new', pauseMs: 1_000 },
];
const CASES = POINTS.flatMap((each) =>
  (['SIGTERM', 'SIGKILL'] as const).map((signal) => ({ ...each, signal })),
);

describe('an engine that is started anew in the middle of a rollout', () => {
  let place: NetworkNamespace;
  let engine: EngineRig;
  let registry: RegistryRig;
  let fleet: Fleet;

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
    fleet = await Fleet.prepare(stage, CASES.length, { place }, '3s');
    await fleet.start();
  });

  afterAll(async () => {
    await fleet.deploy.remove();
    await registry.remove();
    await engine.remove();
    await place.remove();
  });

  it.each(CASES)(
    'ended by $signal $point: one container serves, and the version is not blamed',
    async ({ after, pauseMs, signal }) => {
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
      expect(['succeeded', 'rolled-back'], JSON.stringify(error)).toContain(phase);
      const version = phase === 'succeeded' ? 'v2' : 'v1';
      await waitFor('it to serve', () => fleet.served(service));
      expect(await fleet.outcome(service)).toEqual(fleet.expected(service, version, []));
      await fleet.clear(service);
    },
    120_000,
  );
});
