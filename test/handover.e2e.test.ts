import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EngineClient } from '../src/docker/client/engine-client.js';
import { aNetwork, expectNoWaitingNetwork, wiring, withRollout } from './support/handovers.js';
import { Probe } from './support/probe.js';
import { Scenario } from './support/scenario.js';
import { sharedRig } from './support/shared-rig.js';

describe('a handover', () => {
  it('moves the ports to a container that is up already, on the default bridge', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 1s'),
    });
    const before = await wiring(scenario);
    await scenario.push({ version: 'v2', check: 'healthy', bootsFor: 3 });
    const probe = Probe.start(scenario.url);
    const deployment = await scenario.ended(await scenario.hookedDeployment());
    await probe.stop();
    expect(deployment).toMatchObject({ phase: 'succeeded', strategy: 'handover', error: null });
    expect(deployment.downtimeMs).toBeGreaterThan(0);
    expect(deployment.downtimeMs).toBeLessThan(1_500);
    expect(probe.longestGap).toBeLessThan(1_500);
    expect(probe.served).toEqual(['v1', 'v2']);
    expect(await scenario.remains()).toMatchObject({
      serves: 'v2',
      names: [scenario.container],
      restart: 'always',
    });
    expect(await wiring(scenario)).toEqual(before);
    await expectNoWaitingNetwork();
    const again = await scenario.ship({ version: 'v3', check: 'healthy' });
    expect(again).toMatchObject({ phase: 'succeeded', strategy: 'handover' });
    expect(await scenario.served()).toBe('v3');
  });

  it('gives the ports back when the new version turns unhealthy while it is watched', async () => {
    const network = aNetwork();
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 30s'),
      prepareEngine: network.make,
      container: {
        HostConfig: { NetworkMode: network.name },
        NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: ['shop'] } } },
      },
    });
    const before = await wiring(scenario);
    const { Id: oldId } = await scenario.inspect();
    const probe = Probe.start(scenario.url);
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy', unhealthyAfter: 4 });
    await probe.stop();
    expect(deployment).toMatchObject({
      phase: 'rolled-back',
      strategy: 'handover',
      error: { code: 'unhealthy', serving: 'old' },
    });
    expect(probe.served).toEqual(['v1', 'v2']);
    expect(probe.longestGap).toBeLessThan(1_500);
    expect(await scenario.remains()).toMatchObject({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
      quarantined: [deployment.digest],
    });
    expect((await scenario.inspect()).Id).toBe(oldId);
    expect(await wiring(scenario)).toEqual(before);
    await expectNoWaitingNetwork();
  });

  it('goes back although the old version ended when it lost its network', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 30s'),
      container: {
        // As a program that cannot do without its network, but looks only every second.
        Entrypoint: [
          '/bin/sh',
          '-c',
          '/app/run & while busybox ip route | busybox grep -q default; do sleep 1; done; exit 7',
        ],
      },
    });
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy', unhealthyAfter: 5 });
    expect(deployment).toMatchObject({ phase: 'rolled-back', error: { serving: 'old' } });
    expect(await scenario.remains()).toMatchObject({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
    });
    await expectNoWaitingNetwork();
  });

  it('leaves the failed new version in its place where that is wanted', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 30s, onFailure: leave'),
    });
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy', unhealthyAfter: 4 });
    expect(deployment).toMatchObject({
      phase: 'failed',
      error: { code: 'unhealthy', serving: 'new' },
    });
    expect(await scenario.names()).toEqual([
      scenario.container,
      `${scenario.container}.deploy-old`,
    ]);
    expect(await scenario.served()).toBe('v2');
    await expectNoWaitingNetwork();
  });

  it.each([
    ['an http probe', 'http: { port: 8080, path: /healthz, interval: 100ms }'],
    ['a tcp probe', 'tcp: { port: 8080, interval: 100ms }'],
  ])('asks a container that waits by %s', async (_what, probe) => {
    const scenario = await Scenario.startInProcess({
      service: withRollout(`watch: 500ms, health: { ${probe} }`),
    });
    const deployment = await scenario.ship({ version: 'v2', bootsFor: 1 });
    expect(deployment).toMatchObject({ phase: 'succeeded', strategy: 'handover', error: null });
    expect(deployment.downtimeMs).toBeLessThan(1_500);
    expect(await scenario.served()).toBe('v2');
  });

  it('may go on for two containers of one network at once', async () => {
    const network = aNetwork();
    await network.make(sharedRig().docker);
    const scenarios = await Promise.all(
      [0, 1].map(() =>
        Scenario.startInProcess({
          app: { version: 'v1', check: 'healthy' },
          service: withRollout('watch: 1s'),
          container: { HostConfig: { NetworkMode: network.name } },
        }),
      ),
    );
    const deployments = await Promise.all(
      scenarios.map((scenario, index) =>
        scenario.ship({ version: 'v2', check: 'healthy', bootsFor: index + 1 }),
      ),
    );
    for (const [index, scenario] of scenarios.entries()) {
      expect(deployments[index]).toMatchObject({ phase: 'succeeded', strategy: 'handover' });
      expect(await scenario.served()).toBe('v2');
    }
    await expectNoWaitingNetwork();
  });

  it('waits on an internal network of its own where the engine lacks macvlan', async () => {
    const facts = Reflect.get<EngineClient, 'facts'>(EngineClient.prototype, 'facts');
    vi.spyOn(EngineClient.prototype, 'facts').mockImplementation(async function (
      this: EngineClient,
    ) {
      const told = await facts.call(this);
      const networkDrivers = told.networkDrivers.filter((driver) => driver !== 'macvlan');
      return { ...told, networkDrivers };
    });
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 1s'),
    });
    const before = await wiring(scenario);
    const probe = Probe.start(scenario.url);
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy', bootsFor: 2 });
    await probe.stop();
    expect(deployment).toMatchObject({ phase: 'succeeded', strategy: 'handover', error: null });
    const made = deployment.steps.find((step) => step.name === 'make-waiting-network');
    expect(made?.detail).toContain('0-deploy-wait-internal');
    expect(probe.served).toEqual(['v1', 'v2']);
    expect(probe.longestGap).toBeLessThan(1_500);
    expect(await wiring(scenario)).toEqual(before);
    await expectNoWaitingNetwork();
  });

  it('leaves the old version alone when the new one never proves healthy', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 1s'),
    });
    const before = await wiring(scenario);
    // The app keeps a short queue: on a busy machine a connection may have to come again after a second.
    const probe = Probe.start(scenario.url, { every: 20, timeout: 5_000 });
    const deployment = await scenario.ship({ version: 'v2', check: 'unhealthy' });
    await probe.stop();
    expect(deployment).toMatchObject({
      phase: 'failed',
      downtimeMs: 0,
      error: { code: 'unhealthy', serving: 'old' },
    });
    expect(probe.failures).toEqual([]);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', names: [scenario.container] });
    expect(await wiring(scenario)).toEqual(before);
    await expectNoWaitingNetwork();
  });
});
