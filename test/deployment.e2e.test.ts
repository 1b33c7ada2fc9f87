import { describe, expect, it, onTestFinished } from 'vitest';
import { readInContainer, writeInContainer } from './support/container-files.js';
import { Scenario } from './support/scenario.js';
import { uniqueName } from './support/shared-rig.js';

/** Without a check a container must stay up 5 s; tests that are not about that wait less. */
const QUICKLY = ['tag: latest', 'rollout: { health: { stableFor: 300ms } }'];

describe('a push to Docker Hub', () => {
  it('moves the container to the new version, under its name, with its settings', async () => {
    const scenario = await Scenario.start({ app: { version: 'v1', check: 'healthy' } });
    const before = await scenario.inspect();
    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    const deployment = await scenario.ended(await scenario.hookedDeployment());

    expect(deployment).toMatchObject({
      phase: 'succeeded',
      digest,
      previousDigest: scenario.firstDigest,
      error: null,
      reason: null,
      waitingFor: null,
      trigger: { kind: 'webhook', by: 'hub' },
    });
    expect(deployment.downtimeMs).toBeGreaterThan(0);
    expect(deployment.downtimeMs).toBeLessThan(10_000);
    const names = [scenario.container];
    expect(await scenario.remains()).toEqual({
      serves: 'v2',
      names,
      restart: 'always',
      quarantined: [],
    });
    const after = await scenario.inspect();
    expect(after.Config.Image).toBe(before.Config.Image);
    expect(after.HostConfig).toEqual(before.HostConfig);
    expect(after.Config.Labels).toMatchObject({
      'deploy.environment': 'staging',
      'deploy.service': 'web',
      'deploy.deployment': deployment.id,
      'deploy.digest': digest,
      version: 'v2',
    });
    expect(await scenario.service()).toMatchObject({
      state: 'ok',
      running: { containerId: after.Id, digest, tag: 'latest', health: 'healthy' },
      lastDeployment: { id: deployment.id },
    });
  });

  it('does so again with the next push, and the settings are still the first ones', async () => {
    const scenario = await Scenario.startInProcess({ app: { version: 'v1', check: 'healthy' } });
    const before = await scenario.inspect();
    const second = await scenario.ship({ version: 'v2', check: 'healthy' });
    const third = await scenario.ship({ version: 'v3', check: 'healthy' });

    expect(third).toMatchObject({ phase: 'succeeded', previousDigest: second.digest });
    const names = [scenario.container];
    expect(await scenario.remains()).toEqual({
      serves: 'v3',
      names,
      restart: 'always',
      quarantined: [],
    });
    const after = await scenario.inspect();
    expect(after.HostConfig).toEqual(before.HostConfig);
    expect(after.Config.Env).toContain('APP_VERSION=v3');
    expect(after.Config.Labels['deploy.deployment']).toBe(third.id);
  });

  it('keeps what the user set: variables, labels, limits, network, alias and data', async () => {
    const network = uniqueName('net');
    const scenario = await Scenario.startInProcess({
      service: QUICKLY,
      prepareEngine: async (docker) => {
        const made = await docker.createNetwork({ Name: network });
        onTestFinished(() => made.remove());
      },
      app: { version: 'v1', config: { Volumes: { '/data': {} }, User: '0' } },
      container: {
        Env: ['APP_MODE=strict', 'APP_VERSION=mine'],
        Labels: { team: 'green', version: 'pinned' },
        HostConfig: { Memory: 64 * 1024 * 1024, NetworkMode: network, CapDrop: ['NET_RAW'] },
        NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ['shop'] } } },
      },
    });
    const before = await scenario.inspect();
    await writeInContainer(scenario, '/data/orders', '42 orders');
    expect(
      await scenario.ship({ version: 'v2', config: { Volumes: { '/data': {} } } }),
    ).toMatchObject({ phase: 'succeeded', error: null });

    const after = await scenario.inspect();
    expect(after.HostConfig).toMatchObject({
      ...before.HostConfig,
      Mounts: expect.anything() as unknown,
    });
    expect(after.Config.Env.slice(0, 2)).toEqual(['APP_MODE=strict', 'APP_VERSION=mine']);
    expect(after.Config.Labels).toMatchObject({ team: 'green', version: 'pinned' });
    expect(after.NetworkSettings.Networks[network]?.Aliases).toContain('shop');
    expect(await readInContainer(scenario, '/data/orders')).toBe('42 orders');
    expect(await scenario.served()).toBe('v2');
  });
});

describe('how a new version proves itself', () => {
  it.each([
    ['staying up, where there is no check', '{ stableFor: 2s }'],
    ['an http probe', '{ http: { port: 8080, path: /healthz, interval: 100ms } }'],
    ['a tcp probe', '{ tcp: { port: 8080, interval: 100ms } }'],
    [
      'a command in the container',
      '{ exec: { command: [/bin/wget, -q, -O, /dev/null, "http://127.0.0.1:8080/healthz"], interval: 100ms } }',
    ],
  ])('by %s', async (_, health) => {
    const scenario = await Scenario.startInProcess({
      service: ['tag: latest', `rollout: { health: ${health} }`],
    });
    const deployment = await scenario.ship({ version: 'v2', bootsFor: 0.5 });
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.remains()).toMatchObject({
      serves: 'v2',
      names: [scenario.container],
      quarantined: [],
    });
  });

  it('counts the time until a probe passes as downtime, and not the time it must stay up after', async () => {
    const scenario = await Scenario.startInProcess({
      service: [
        'tag: latest',
        'rollout: { health: { stableFor: 3s, http: { port: 8080, path: /, interval: 100ms } } }',
      ],
    });
    const deployment = await scenario.ship({ version: 'v2', bootsFor: 1 });
    expect(deployment.phase).toBe('succeeded');
    expect(deployment.downtimeMs).toBeGreaterThan(1_000);
    expect(deployment.downtimeMs).toBeLessThan(4_000);
  });
});
