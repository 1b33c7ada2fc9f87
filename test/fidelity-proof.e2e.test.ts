import { beforeAll, describe, expect, it } from 'vitest';
import type { Replacement } from '../src/docker/creation/container-options.js';
import type { ContainerInspection } from '../src/docker/inspection/inspection.js';
import {
  client,
  created,
  EVERYTHING,
  images,
  inspected,
  network,
  prepareVersions,
  replacementFor,
  whatIsLost,
  type Fields,
} from './support/replaced-containers.js';
import { sharedRig, uniqueName } from './support/shared-rig.js';

const { docker } = sharedRig();

beforeAll(prepareVersions);

/** Settings with which a container can be created here, and not started. */
const NOT_STARTABLE: readonly (readonly [string, Fields])[] = [
  ['all privileges', { Privileged: true }],
  ['a control group of its own', { CgroupParent: '/acme' }],
  ['a host device', { Devices: [{ PathOnHost: '/dev/none', PathInContainer: '/dev/x' }] }],
  ['the host’s user namespace', { UsernsMode: 'host' }],
  ['a limit of a device', { BlkioDeviceReadBps: [{ Path: '/dev/null', Rate: 1000 }] }],
  ['a GPU', { DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu']] }] }],
  ['an isolation', { Isolation: 'default' }],
  ['a size of its console', { ConsoleSize: [24, 80] }],
  ['the host’s namespace of control groups', { CgroupnsMode: 'host' }],
  ['kernel memory for TCP', { KernelMemoryTCP: 8_000_000 }],
  ['a log elsewhere', { LogConfig: { Type: 'syslog', Config: { tag: 'web' } } }],
];

describe('a container that was only created', () => {
  it.each(NOT_STARTABLE)('with %s keeps that', async (_, host) => {
    const request = { Image: images.one, HostConfig: host };
    const original = await created({ body: request, platform: null, furtherNetworks: [] });
    const replacement = await replacementFor(original, images.two);
    const candidate = await created(replacement);
    expect(candidate.HostConfig).toMatchObject(host);
    expect(await whatIsLost(original, candidate, images.two, replacement)).toBeNull();
  });
});

/** Where an inspection shows what a field of the request sets, where that is elsewhere. */
const SHOWN_AT: Readonly<Record<string, string>> = {
  'HostConfig.Mounts': 'HostConfig.Mounts./',
  'HostConfig.NetworkMode': 'HostConfig.NetworkMode',
  'HostConfig.PortBindings': 'HostConfig.PortBindings.8080/tcp',
  'HostConfig.Sysctls': 'HostConfig.Sysctls.net.ipv4.ip_forward',
  'HostConfig.Tmpfs': 'HostConfig.Tmpfs./run',
  'Config.Env': 'Config.Env.TOKEN',
  'Config.ExposedPorts': 'Config.ExposedPorts.99/udp',
  'Config.Volumes': 'Config.Volumes./anonymous',
  'Config.Healthcheck': 'Config.Healthcheck.Interval',
  'Config.Labels': 'Config.Labels.owner',
  'Config.NetworkingConfig': `Networks.${network}.Aliases`,
};
/** What the request sets to what the engine would do by itself. */
const LIKE_THE_DEFAULT = ['HostConfig.CgroupnsMode'];

/** Every setting of the request that sets all kinds of them, as `Config.User` or `HostConfig.Memory`. */
const SETTINGS = [
  ...Object.keys(EVERYTHING).filter((field) => field !== 'HostConfig'),
  ...Object.keys(EVERYTHING['HostConfig'] as Fields).map((field) => `HostConfig.${field}`),
].map((field) => (field.includes('.') ? field : `Config.${field}`));

describe('the proof of a replacement', () => {
  let original: ContainerInspection;
  let whole: Replacement;
  beforeAll(async () => {
    const id = await client.create(uniqueName('web'), { ...EVERYTHING, Image: images.one }, null);
    await client.start(id);
    original = await inspected(id);
    whole = await replacementFor(original, images.two);
    return () => docker.getContainer(id).remove({ force: true, v: true });
  });

  it.each(SETTINGS.filter((field) => !LIKE_THE_DEFAULT.includes(field)))(
    'tells where %s is lost',
    async (setting) => {
      const { HostConfig: host, ...config } = whole.body as { HostConfig: Fields };
      const [section, field = ''] = setting.split('.');
      // The engine refuses a limit of swap without one of memory.
      const left = field === 'Memory' ? ['Memory', 'MemorySwap'] : [field];
      const without = (fields: Fields): Fields =>
        Object.fromEntries(Object.entries(fields).filter(([name]) => !left.includes(name)));
      const body =
        section === 'Config'
          ? { ...without(config), HostConfig: host }
          : { ...config, HostConfig: without(host) };
      const poorer = await created({ ...whole, body });
      expect(await whatIsLost(original, poorer, images.two, whole)).toContain(
        SHOWN_AT[setting] ?? setting,
      );
    },
  );
});
