import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { replacementOf } from '../src/docker/container-options.js';
import { EngineClient } from '../src/docker/engine-client.js';
import type { ContainerInspection, ImageInspection } from '../src/docker/inspection.js';
import { aBusyboxImage } from './support/image.js';
import { pull } from './support/pull.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';

type Fields = Record<string, unknown>;

const SECOND = 1_000_000_000;
const SLEEP = ['/bin/sleep', '1000'];

/** Two versions whose every default differs. */
const ONE = {
  Env: ['PATH=/bin', 'MODE=one', 'LEVEL=info'],
  Entrypoint: ['/bin/busybox'],
  Cmd: ['sleep', '1001'],
  User: '0:0',
  WorkingDir: '/tmp',
  StopSignal: 'SIGINT',
  Labels: { version: '1', vendor: 'acme' },
  ExposedPorts: { '81/tcp': {} },
  Volumes: { '/one': {} },
  Healthcheck: { Test: ['CMD', '/bin/true'], Interval: 60 * SECOND, Retries: 1 },
};
const TWO = {
  Env: ['PATH=/bin:/sbin', 'MODE=two', 'NEW=2'],
  Entrypoint: ['/bin/busybox', 'env'],
  Cmd: ['sleep', '1002'],
  User: '0',
  WorkingDir: '/bin',
  StopSignal: 'SIGQUIT',
  Labels: { version: '2' },
  ExposedPorts: { '82/tcp': {} },
  Volumes: { '/one': {} },
  Healthcheck: { Test: ['CMD', '/bin/true', '2'], Interval: 90 * SECOND, Timeout: SECOND },
};

const { docker, engineHost, registry, registryHost } = sharedRig();
const client = new EngineClient({ name: 'rig', host: engineHost, tls: null });
const images: Record<'one' | 'two', string> = { one: '', two: '' };
const network = uniqueName('app');
const furtherNetwork = uniqueName('back');

beforeAll(async () => {
  const repository = `acme/${uniqueName('fidelity')}`;
  for (const [tag, config] of [
    ['one', ONE],
    ['two', TWO],
  ] as const) {
    await registry.push(repository, tag, aBusyboxImage(config));
    images[tag] = `${registryHost}/${repository}:${tag}`;
    await pull(docker, images[tag]);
  }
  const subnet = `10.${String(64 + Math.floor(Math.random() * 64))}.${String(Math.floor(Math.random() * 256))}.0/24`;
  const made = [
    await docker.createNetwork({ Name: network, IPAM: { Config: [{ Subnet: subnet }] } }),
    await docker.createNetwork({ Name: furtherNetwork }),
  ];
  return async () => {
    for (const each of made) await each.remove();
  };
});

/** Starts a container as a user asks for it, and removes it with its volumes after the test. */
async function started(request: Fields, name = uniqueName('web')): Promise<ContainerInspection> {
  const id = await client.create(name, request, null);
  onTestFinished(() => docker.getContainer(id).remove({ force: true, v: true }));
  await client.start(id);
  return inspected(id);
}

async function inspected(id: string): Promise<ContainerInspection> {
  const container = await client.container(id);
  if (container === null) throw new Error(`container ${id} is gone`);
  return container;
}

/** Stops a container and starts its replacement on another image. */
async function replaced(
  container: ContainerInspection,
  image: string,
): Promise<ContainerInspection> {
  const facts = await client.facts();
  const names = (await client.containers()).map(
    ({ id, names: [name = ''] }) => [id, name] as const,
  );
  const replacement = replacementOf({
    container,
    oldImage: await client.image(container.Image),
    newImageId: (await imageOf(image)).Id,
    image,
    apiVersion: facts.apiVersion,
    engine: facts,
    containerNames: new Map(names),
    labels: {},
  });
  const id = await client.create(uniqueName('new'), replacement.body, replacement.platform);
  onTestFinished(() => docker.getContainer(id).remove({ force: true, v: true }));
  for (const { name, endpoint } of replacement.furtherNetworks) {
    await client.networks.connect(name, id, endpoint);
  }
  await docker.getContainer(container.Id).stop({ t: 0 });
  await client.start(id);
  return inspected(id);
}

async function imageOf(reference: string): Promise<ImageInspection> {
  const image = await client.image(reference);
  if (image === null) throw new Error(`image ${reference} is gone`);
  return image;
}

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

const EVERYTHING: Fields = {
  Hostname: 'web-1',
  Domainname: 'example.com',
  User: '1000:1000',
  Env: ['TOKEN=secret', 'LEVEL=info', 'MODE'],
  Entrypoint: ['/bin/busybox', 'sh', '-c'],
  Cmd: ['while true; do sleep 1; done'],
  Labels: { owner: 'anna', version: 'mine', 'com.docker.compose.project': 'shop' },
  ExposedPorts: { '8080/tcp': {}, '99/udp': {} },
  Volumes: { '/anonymous': {} },
  Healthcheck: { Test: ['CMD', '/bin/true', 'mine'], Interval: 5 * SECOND, StartPeriod: SECOND },
  Tty: true,
  OpenStdin: true,
  StopSignal: 'SIGUSR1',
  StopTimeout: 3,
  WorkingDir: '/srv',
  MacAddress: '02:11:22:33:44:55',
  HostConfig: {
    Memory: 64_000_000,
    MemoryReservation: 32_000_000,
    MemorySwappiness: 10,
    NanoCpus: 500_000_000,
    CpusetCpus: '0',
    PidsLimit: 50,
    OomScoreAdj: 100,
    ShmSize: 1_048_576,
    Ulimits: [{ Name: 'nofile', Soft: 1000, Hard: 2000 }],
    Sysctls: { 'net.ipv4.ip_forward': '0' },
    CapAdd: ['NET_ADMIN'],
    CapDrop: ['MKNOD'],
    SecurityOpt: ['no-new-privileges'],
    MaskedPaths: [],
    ReadonlyPaths: [],
    GroupAdd: ['1234'],
    Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/mine', CgroupPermissions: 'rw' }],
    Dns: ['10.9.9.9'],
    DnsSearch: ['example.com'],
    DnsOptions: ['ndots:2'],
    ExtraHosts: ['db:10.9.9.8'],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
    Init: true,
    ReadonlyRootfs: true,
    Tmpfs: { '/run': 'size=1m' },
    IpcMode: 'shareable',
    CgroupnsMode: 'private',
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    Binds: ['/tmp:/host:ro'],
    Mounts: [
      { Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 1_000_000 } },
      { Type: 'volume', Target: '/unnamed' },
    ],
    NetworkMode: network,
  },
  NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ['api', 'www'] } } },
};

const REQUESTS: readonly (readonly [string, Fields])[] = [
  ['nothing', {}],
  ['all kinds of settings', EVERYTHING],
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
