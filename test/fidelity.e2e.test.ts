import { beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspection } from '../src/docker/inspection/inspection.js';
import {
  client,
  EVERYTHING,
  furtherNetwork,
  imageOf,
  images,
  inspected,
  network,
  prepareVersions,
  replaced,
  started,
  type Fields,
} from './support/replaced-containers.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';

const SECOND = 1_000_000_000;
const SLEEP = ['/bin/sleep', '1000'];
const { docker } = sharedRig();

beforeAll(prepareVersions);

/** An inspection without what differs between any two containers. */
function comparable(container: ContainerInspection): Fields {
  const shortId = container.Id.slice(0, 12);
  const { Hostname: hostName, ...config } = container.Config;
  // Asking for an anonymous volume by its name is the one thing that has to be asked for otherwise.
  const { Mounts: _mounts, ...hostConfig } = container.HostConfig;
  const endpoints = Object.entries(container.NetworkSettings.Networks ?? {});
  return {
    Config: { ...config, Hostname: hostName === shortId ? 'generated' : hostName },
    HostConfig: hostConfig,
    networks: Object.fromEntries(
      endpoints.map(([name, { Aliases, IPAMConfig, Links, DriverOpts }]) => [
        name,
        {
          Aliases: (Aliases ?? []).filter((alias) => alias !== shortId),
          IPAMConfig: IPAMConfig ?? {},
          Links,
          DriverOpts,
        },
      ]),
    ),
  };
}

/** Names of the mounted volumes by their places. */
function volumes(container: ContainerInspection): Fields {
  const mounted = (container.Mounts ?? []).filter(({ Type }) => Type === 'volume');
  return Object.fromEntries(mounted.map(({ Destination, Name, RW }) => [Destination, [Name, RW]]));
}
const REQUESTS: readonly (readonly [string, Fields])[] = [
  ['nothing', {}],
  ['all kinds of settings', EVERYTHING],
  ['a share of the processors', { HostConfig: { CpuPeriod: 50_000, CpuQuota: 10_000 } }],
  ['another command', { Cmd: ['sleep', '1003'] }],
  ['no entrypoint', { Entrypoint: [''], Cmd: SLEEP }],
  ['an empty entrypoint and a command', { Entrypoint: [], Cmd: SLEEP }],
  ['no health check', { Healthcheck: { Test: ['NONE'] } }],
  ['another interval', { Healthcheck: { Interval: 7 * SECOND } }],
  ['a pinned and a removed variable', { Env: ['LEVEL=info', 'MODE'] }],
  ['all ports published', { HostConfig: { PublishAllPorts: true } }],
  ['the host’s network', { HostConfig: { NetworkMode: 'host' }, Domainname: 'example.com' }],
  ['no network', { HostConfig: { NetworkMode: 'none' } }],
  ['the host’s UTS namespace', { HostConfig: { UTSMode: 'host' } }],
  ['the host’s PIDs', { HostConfig: { PidMode: 'host' } }],
];

describe('a container replaced on another image', () => {
  it.each(REQUESTS)('with %s is as if it had been made on it', async (_, request) => {
    const original = await started({ ...request, Image: images.one });
    const replacement = await replaced(original, images.two);
    expect(replacement.Image).toBe((await imageOf(images.two)).Id);
    expect(volumes(replacement)).toEqual(volumes(original));

    await docker.getContainer(replacement.Id).stop({ t: 0 });
    const fresh = await started({ ...request, Image: images.two });
    expect(comparable(replacement)).toEqual(comparable(fresh));
  });

  it('is so again after a second replacement', async () => {
    const original = await started({ ...EVERYTHING, Image: images.one });
    const there = await replaced(original, images.two);
    const back = await replaced(there, images.one);
    expect(comparable(back)).toEqual(comparable(original));
    expect(volumes(back)).toEqual(volumes(original));
  });

  it('stays on every network that it is on now, with static address and aliases', async () => {
    const { IPAM } = (await docker.getNetwork(network).inspect()) as {
      IPAM: { Config: { Subnet: string }[] };
    };
    const address = (IPAM.Config[0]?.Subnet ?? '').replace(/\.0\/24$/, '.77');
    const original = await started({
      Image: images.one,
      HostConfig: { NetworkMode: network },
      NetworkingConfig: {
        EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } },
      },
    });
    await client.networks.connect(furtherNetwork, original.Id, { Aliases: ['api'] });
    const replacement = await replaced(await inspected(original.Id), images.two);
    expect(comparable(replacement)['networks']).toMatchObject({
      [network]: { IPAMConfig: { IPv4Address: address } },
      [furtherNetwork]: { Aliases: ['api'] },
    });
    expect(replacement.NetworkSettings.Networks?.[network]?.IPAddress).toBe(address);
  });

  it('leaves the network of its mode where it was disconnected from it', async () => {
    const original = await started({ Image: images.one, HostConfig: { NetworkMode: network } });
    await client.networks.connect(furtherNetwork, original.Id, {});
    await docker.getNetwork(network).disconnect({ Container: original.Id });
    const replacement = await replaced(await inspected(original.Id), images.two);
    expect(Object.keys(replacement.NetworkSettings.Networks ?? {})).toEqual([furtherNetwork]);
  });

  it('joins the namespaces, links and volumes of the same containers, by name', async () => {
    const parent = uniqueName('parent');
    await started({ Image: images.one, HostConfig: { IpcMode: 'shareable' } }, parent);
    const request = {
      Image: images.one,
      HostConfig: {
        NetworkMode: `container:${parent}`,
        IpcMode: `container:${parent}`,
        PidMode: `container:${parent}`,
        VolumesFrom: [`${parent}:ro`],
      },
    };
    const original = await started(request);
    const replacement = await replaced(original, images.two);
    await docker.getContainer(replacement.Id).stop({ t: 0 });
    const fresh = await started({ ...request, Image: images.two });
    expect(comparable(replacement)).toEqual(comparable(fresh));
    expect(volumes(replacement)).toEqual(volumes(original));

    const linked = await started({ Image: images.one, HostConfig: { Links: [`${parent}:db`] } });
    const relinked = await replaced(linked, images.two);
    expect(relinked.HostConfig.Links).toEqual([`/${parent}:${relinked.Name}/db`]);
  });
});
