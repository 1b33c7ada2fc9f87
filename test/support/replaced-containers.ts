import { expect, onTestFinished } from 'vitest';
import { compareSettings } from '../../src/docker/comparison/compare.js';
import { replacementOf, type Replacement } from '../../src/docker/creation/container-options.js';
import { EngineClient } from '../../src/docker/client/engine-client.js';
import type {
  ContainerInspection,
  ImageInspection,
} from '../../src/docker/inspection/inspection.js';
import type { ReplacementInput } from '../../src/docker/creation/options/replacement-input.js';
import { unexplained } from '../../src/domain/deployment/comparison.js';
import { aBusyboxImage } from './image.js';
import { pull } from './pull.js';
import { sharedRig, uniqueName } from './shared-rig.js';

/** Fields of a request to the engine. */
export type Fields = Record<string, unknown>;

const SECOND = 1_000_000_000;

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
/** The client of Deploy itself. */
export const client = new EngineClient({ name: 'rig', host: engineHost, tls: null });
/** References of the two versions, once they are there. */
export const images: Record<'one' | 'two', string> = { one: '', two: '' };
/** Two user networks, once they are there; the first one has addresses to choose from. */
export const network = uniqueName('app');
export const furtherNetwork = uniqueName('back');
/** Makes the versions and the networks; returns what removes the networks. */
export async function prepareVersions(): Promise<() => Promise<void>> {
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
}
/** Starts a container as a user asks for it, and removes it with its volumes after the test. */
export async function started(
  request: Fields,
  name = uniqueName('web'),
): Promise<ContainerInspection> {
  const id = await client.create(name, request, null);
  onTestFinished(() => docker.getContainer(id).remove({ force: true, v: true }));
  await client.start(id);
  return inspected(id);
}

/** What the engine shows of a container. */
export async function inspected(id: string): Promise<ContainerInspection> {
  const container = await client.container(id);
  if (container === null) throw new Error(`container ${id} is gone`);
  return container;
}

/** Stops a container and starts its replacement on another image. */
export async function replaced(
  container: ContainerInspection,
  image: string,
): Promise<ContainerInspection> {
  const replacement = await replacementFor(container, image);
  const candidate = await created(replacement);
  expect(await whatIsLost(container, candidate, image, replacement)).toBeNull();
  await docker.getContainer(container.Id).stop({ t: 0 });
  await client.start(candidate.Id);
  return inspected(candidate.Id);
}

/** How a container would be made anew on another image. */
export async function replacementFor(
  container: ContainerInspection,
  image: string,
): Promise<Replacement> {
  return replacementOf({
    ...(await context()),
    container,
    oldImage: await client.image(container.Image),
    newImageId: (await imageOf(image)).Id,
    image,
    labels: {},
  });
}

async function context(): Promise<
  Pick<ReplacementInput, 'apiVersion' | 'engine' | 'containerNames'>
> {
  const facts = await client.facts();
  const names = (await client.containers()).map(
    ({ id, names: [name = ''] }) => [id, name] as const,
  );
  return { apiVersion: facts.apiVersion, engine: facts, containerNames: new Map(names) };
}

/** Creates a container and connects it, without starting it. */
export async function created({
  body,
  platform,
  furtherNetworks,
}: Replacement): Promise<ContainerInspection> {
  const id = await client.create(uniqueName('new'), body, platform);
  onTestFinished(() => docker.getContainer(id).remove({ force: true, v: true }));
  for (const { name, endpoint } of furtherNetworks) {
    await client.networks.connect(name, id, endpoint);
  }
  return inspected(id);
}

/** What a deployment would say that the new container has lost; null where nothing is. */
export async function whatIsLost(
  old: ContainerInspection,
  candidate: ContainerInspection,
  image: string,
  { body: requested }: Replacement,
): Promise<string | null> {
  const newImage = await imageOf(image);
  const purpose = {
    image,
    imageId: newImage.Id,
    container: 'web',
    joinedLater: [],
    namedLater: [],
    isArmedLater: false,
  };
  const oldImage = await client.image(old.Image);
  const compared = { old, oldImage, candidate, newImage, requested, purpose };
  return unexplained(compareSettings(compared, await context(), new Date().toISOString()));
}

/** What the engine shows of an image. */
export async function imageOf(reference: string): Promise<ImageInspection> {
  const image = await client.image(reference);
  if (image === null) throw new Error(`image ${reference} is gone`);
  return image;
}

/** A request that sets all kinds of things. */
export const EVERYTHING: Fields = {
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
  StdinOnce: true,
  AttachStdout: true,
  StopSignal: 'SIGUSR1',
  StopTimeout: 3,
  WorkingDir: '/srv',
  MacAddress: '02:11:22:33:44:55',
  HostConfig: {
    Memory: 64_000_000,
    MemoryReservation: 32_000_000,
    MemorySwap: 96_000_000,
    OomKillDisable: true,
    CpuShares: 512,
    CpusetMems: '0',
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
    DeviceCgroupRules: ['c 42:* rmw'],
    VolumeDriver: 'local',
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
