import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EngineNetworks } from '../src/docker/client/engine-networks.js';
import { aNetwork, expectNoWaitingNetwork, wiring, withRollout } from './support/handovers.js';
import { Probe } from './support/probe.js';
import { Scenario } from './support/scenario.js';

/** Serves for some seconds, then exits, and exits at once whenever it is started again. */
const CRASHES_LATER = [
  '/bin/sh',
  '-c',
  '[ -e /app/ended ] && exit 3; (sleep 6; : > /app/ended; kill 1) & trap "exit 3" TERM; /app/run & wait',
];

describe('a handover that meets trouble', () => {
  it('gives the ports back when the new version crashes again and again after it took them', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 30s, health: { stableFor: 1s }'),
    });
    const before = await wiring(scenario);
    const { Id: oldId } = await scenario.inspect();
    const probe = Probe.start(scenario.url, { every: 20 });
    const deployment = await scenario.ship({
      version: 'v2',
      config: { Entrypoint: CRASHES_LATER },
    });
    await probe.stop();
    expect(deployment).toMatchObject({
      phase: 'rolled-back',
      error: { code: 'exited', serving: 'old' },
    });
    expect(probe.served).toEqual(['v1', 'v2']);
    expect((await scenario.inspect()).Id).toBe(oldId);
    expect(await scenario.remains()).toMatchObject({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
      quarantined: [deployment.digest],
    });
    expect(await wiring(scenario)).toEqual(before);
    await expectNoWaitingNetwork();
  });

  it('does not call a version good that did not get its port, which the engine tells nobody', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 1s'),
    });
    const before = await wiring(scenario);
    stealOnce(scenario.port);
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    const version = deployment.phase === 'succeeded' ? 'v2' : 'v1';
    expect(['succeeded', 'rolled-back']).toContain(deployment.phase);
    expect(await scenario.remains()).toMatchObject({
      serves: version,
      names: [scenario.container],
      restart: 'always',
    });
    expect(await wiring(scenario)).toEqual(before);
    // For as long as the port was somebody else's.
    expect(deployment.downtimeMs).toBeGreaterThan(STOLEN_MS);
    await expectNoWaitingNetwork();
  });

  it('moves a container on several networks, one of which has no way out', async () => {
    const networks = [aNetwork(), aNetwork({ Internal: true }), aNetwork()];
    const [front, inside, back] = networks.map(({ name }) => name);
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      service: withRollout('watch: 4s'),
      prepareEngine: async (docker) => {
        for (const network of networks) await network.make(docker);
      },
      container: {
        HostConfig: { NetworkMode: front ?? '' },
        NetworkingConfig: { EndpointsConfig: { [front ?? '']: { Aliases: ['shop'] } } },
      },
    });
    const { docker } = scenario.stage;
    for (const [name, alias] of [
      [inside, 'store'],
      [back, 'api'],
    ] as const) {
      const EndpointConfig = { Aliases: [alias] };
      await docker
        .getNetwork(name ?? '')
        .connect({ Container: scenario.container, EndpointConfig });
    }
    const before = await wiring(scenario);
    const probe = Probe.start(scenario.url, { every: 20 });
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy', bootsFor: 2 });
    await probe.stop();
    expect(deployment).toMatchObject({ phase: 'succeeded', strategy: 'handover' });
    expect(probe.served).toEqual(['v1', 'v2']);
    expect(deployment.downtimeMs).toBeLessThan(1_500);
    const bad = await scenario.ship({ version: 'v3', check: 'healthy', unhealthyAfter: 3 });
    expect(bad).toMatchObject({ phase: 'rolled-back', error: { serving: 'old' } });
    expect(await scenario.served()).toBe('v2');
    expect(await wiring(scenario)).toEqual(withServiceName(before, scenario.container));
    await expectNoWaitingNetwork();
  });
});

const STOLEN_MS = 1_000;

/** Takes the port at the moment at which nobody has it, and holds it for a while. */
function stealOnce(port: number): void {
  const disconnect = Reflect.get<EngineNetworks, 'disconnect'>(
    EngineNetworks.prototype,
    'disconnect',
  );
  let isDone = false;
  vi.spyOn(EngineNetworks.prototype, 'disconnect').mockImplementation(async function (
    this: EngineNetworks,
    name: string,
    container: string,
  ) {
    if (name.startsWith('0-deploy-wait-') && !isDone) {
      isDone = true;
      const thief = createServer();
      await new Promise<void>((resolve) => thief.listen(port, '127.0.0.1', resolve));
      setTimeout(() => thief.close(), STOLEN_MS);
    }
    await disconnect.call(this, name, container);
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
}

/** The new container has the service's name as an alias too. */
function withServiceName(wired: object, name: string): object {
  const { networks, ...rest } = wired as { networks: Record<string, { aliases: string[] }> };
  const named = Object.entries(networks).map(([network, { aliases, ...endpoint }]) => [
    network,
    { ...endpoint, aliases: [...aliases, name] },
  ]);
  return { ...rest, networks: Object.fromEntries(named) as object };
}
