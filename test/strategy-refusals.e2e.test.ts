import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployProcess } from './support/deploy-process.js';
import { pull } from './support/pull.js';
import { aSampleApp } from './support/sample-app.js';
import { removeContainers } from './support/service-setup.js';
import { configurationOf } from './support/services-configuration.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';

const NETWORK = uniqueName('refused');
const NETWORK_6 = `${NETWORK}-6`;
const VOLUME = `${NETWORK}-exclusive`;
const NEIGHBOUR = `${NETWORK}-neighbour`;
const SUBNET = '10.127.255.0/28';
const SUBNET_6 = 'fd00:7f:ff::/64';
const ADDRESS = '10.127.255.9';

interface Refusal {
  readonly name: string;
  readonly strategies: readonly ('start-first' | 'handover')[];
  readonly container: Docker.ContainerCreateOptions;
  /** What the reason says. */
  readonly reason: string;
}

const BOTH = ['start-first', 'handover'] as const;

/** Each as a user would have run it, whatever else the strategy asks for. */
const REFUSALS: readonly Refusal[] = [
  {
    name: 'address',
    strategies: BOTH,
    container: {
      HostConfig: { NetworkMode: NETWORK },
      NetworkingConfig: {
        EndpointsConfig: { [NETWORK]: { IPAMConfig: { IPv4Address: ADDRESS } } },
      },
    },
    reason: `the fixed address ${ADDRESS}`,
  },
  {
    name: 'host-network',
    strategies: BOTH,
    container: { HostConfig: { NetworkMode: 'host' } },
    reason: 'the network of the host',
  },
  {
    name: 'mac-address',
    strategies: BOTH,
    container: { MacAddress: '02:42:7f:00:00:05' },
    reason: 'the fixed MAC address 02:42:7f:00:00:05',
  },
  {
    name: 'others-network',
    strategies: BOTH,
    // Its port is the neighbour's.
    container: {
      Entrypoint: ['/bin/sleep', '3600'],
      HostConfig: { NetworkMode: `container:${NEIGHBOUR}` },
    },
    reason: 'the network of another container',
  },
  {
    name: 'device',
    strategies: BOTH,
    container: {
      HostConfig: {
        Devices: [
          { PathOnHost: '/dev/zero', PathInContainer: '/dev/zero2', CgroupPermissions: 'r' },
        ],
      },
    },
    reason: 'the device /dev/zero',
  },
  {
    name: 'exclusive-volume',
    strategies: BOTH,
    container: { HostConfig: { Binds: [`${VOLUME}:/data:ro`] } },
    reason: 'the exclusive volume /data',
  },
  {
    name: 'exclusive-place',
    strategies: BOTH,
    container: { Volumes: { '/state': {} }, Labels: { 'deploy.exclusive': '/state' } },
    reason: 'the exclusive volume /state',
  },
  {
    name: 'writable-volume',
    strategies: BOTH,
    container: { Volumes: { '/state': {} } },
    reason: 'rollout.overlap: allowed',
  },
  {
    name: 'auto-remove',
    strategies: BOTH,
    container: { HostConfig: { AutoRemove: true } },
    reason: '--rm',
  },
  {
    name: 'no-network',
    strategies: ['handover'],
    container: { HostConfig: { NetworkMode: 'none' } },
    reason: 'no network that could be handed over',
  },
  {
    name: 'ipv6',
    strategies: ['handover'],
    container: { HostConfig: { NetworkMode: NETWORK_6 } },
    reason: `a network with IPv6 would be the gateway before the one it waits on: ${NETWORK_6}`,
  },
  {
    name: 'link',
    strategies: ['handover'],
    container: { HostConfig: { Links: [`${NEIGHBOUR}:db`] } },
    reason: `it is linked to ${NEIGHBOUR}`,
  },
];
const CASES = REFUSALS.flatMap((refusal) =>
  refusal.strategies.map((strategy) => ({ ...refusal, strategy })),
);

describe('a strategy that cannot work', () => {
  const { docker, registry, registryHost } = sharedRig();
  const repository = `acme/${NETWORK}`;
  const containerOf = (name: string): string => `${NETWORK}-${name}`;
  const deploys = new Map<string, DeployProcess>();

  beforeAll(async () => {
    await registry.push(repository, 'latest', aSampleApp({ version: 'v1' }));
    const image = `${registryHost}/${repository}:latest`;
    await pull(docker, image);
    await docker.createNetwork({ Name: NETWORK, IPAM: { Config: [{ Subnet: SUBNET }] } });
    await docker.createNetwork({
      Name: NETWORK_6,
      EnableIPv6: true,
      IPAM: { Config: [{ Subnet: SUBNET_6 }] },
    });
    await docker.createVolume({ Name: VOLUME, Labels: { 'deploy.exclusive': 'true' } });
    await start({ name: NEIGHBOUR, Image: image });
    for (const { name, container } of REFUSALS) {
      await start({ name: containerOf(name), Image: image, ...container });
    }
    await registry.push(repository, 'latest', aSampleApp({ version: 'v2' }));
    for (const strategy of BOTH) {
      const services = REFUSALS.filter(({ strategies }) => strategies.includes(strategy));
      const configured = services.map(({ name }) => {
        const rollout = `{ strategy: ${strategy} }`;
        return { name, container: containerOf(name), repository, tag: 'latest', rollout };
      });
      const configuration = configurationOf(sharedRig(), configured);
      deploys.set(strategy, await DeployProcess.start({ configuration }));
    }
  });

  afterAll(async () => {
    for (const deploy of deploys.values()) await deploy.remove();
    for (const { name } of REFUSALS) await removeContainers(docker, containerOf(name));
    await removeContainers(docker, NEIGHBOUR);
    for (const name of [NETWORK, NETWORK_6]) await docker.getNetwork(name).remove();
    await docker.getVolume(VOLUME).remove();
  });

  async function start(options: Docker.ContainerCreateOptions): Promise<void> {
    await (await docker.createContainer(options)).start();
  }

  it.each(CASES)('$strategy is refused for $name', async ({ name, strategy, reason }) => {
    const before = await docker.getContainer(containerOf(name)).inspect();
    const answer = await deploys
      .get(strategy)
      ?.api(`/environments/staging/services/${name}/deployments`, {
        method: 'POST',
        body: JSON.stringify({ dryRun: true }),
      });
    const problem = (await answer?.json()) as { code: string; detail: string };
    expect(problem).toMatchObject({ code: 'strategy-unsupported' });
    expect(problem.detail).toContain(`${strategy} cannot be used: `);
    expect(problem.detail).toContain(reason);
    const after = await docker.getContainer(containerOf(name)).inspect();
    expect(after.State).toEqual(before.State);
  });
});
