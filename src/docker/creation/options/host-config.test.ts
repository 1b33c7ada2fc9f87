import { describe, expect, it } from 'vitest';
import type { HostConfig } from '../../inspection/inspection.js';
import { aContainer, aReplacementInput } from '../../testing/inspection-builders.js';
import { hostConfigOf } from './host-config.js';
import type { EngineProperties, ReplacementInput } from './replacement-input.js';

const PARENT = 'f'.repeat(64);
const ENGINE: EngineProperties = aReplacementInput().engine;
const MASKED_20_10 = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
const MASKED_25 = [...MASKED_20_10, '/sys/devices/virtual/powercap'];
const MASKED_28 = [...MASKED_25, '/proc/interrupts'];
const THROTTLE = '/sys/devices/system/cpu/cpu0/thermal_throttle';
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** What is sent for a HostConfig, without the fields that every built container has. */
function sent(HostConfig: HostConfig, input: Partial<ReplacementInput> = {}): object {
  const own = { NetworkMode: 'default', Runtime: 'runc', ...HostConfig };
  const container = aContainer({ HostConfig: own });
  const containerNames = new Map([[PARENT, 'vpn']]);
  const { NetworkMode: mode, ...rest } = hostConfigOf(
    aReplacementInput({ container, containerNames, ...input }),
    own.Sysctls ?? undefined,
  );
  return mode === 'default' ? rest : { NetworkMode: mode, ...rest };
}

describe('HostConfig', () => {
  it('is copied, including unknown fields', () => {
    const own = {
      Memory: 64_000_000,
      MemorySwap: 128_000_000,
      NanoCpus: 500_000_000,
      PidsLimit: 50,
      CapAdd: ['NET_ADMIN'],
      SecurityOpt: ['label=disable'],
      Devices: [],
      DeviceRequests: [{ Driver: 'nvidia', Count: -1 }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      AutoRemove: true,
      PublishAllPorts: true,
      Privileged: false,
      Tmpfs: { '/run': 'size=1m' },
      ShmSize: 1_000_000,
      CgroupnsMode: 'private',
      Annotations: { a: 'b' },
      SettingOfTheFuture: { deep: [1] },
    };
    expect(sent(own)).toEqual(own);
  });

  it('keeps port bindings as requested: ephemeral, ranges, empty ones', () => {
    const own = {
      PortBindings: {
        '80/tcp': [{ HostIp: '', HostPort: '' }],
        '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '9000-9010' }],
        '82/tcp': [],
      },
    };
    expect(sent(own)).toEqual(own);
  });

  it.each<[string, HostConfig, HostConfig, Partial<ReplacementInput>]>([
    [
      'network of a container by name',
      { NetworkMode: `container:${PARENT}` },
      { NetworkMode: 'container:vpn' },
      {},
    ],
    [
      'IPC of a container by name',
      { IpcMode: `container:${PARENT}` },
      { IpcMode: 'container:vpn' },
      {},
    ],
    [
      'PIDs of a container by name',
      { PidMode: `container:${PARENT}` },
      { PidMode: 'container:vpn' },
      {},
    ],
    [
      'a mode that only ends like that of a container',
      { PidMode: `x-container:${PARENT}` },
      { PidMode: `x-container:${PARENT}` },
      {},
    ],
    ['a dead id stays', { PidMode: 'container:dead' }, { PidMode: 'container:dead' }, {}],
    [
      'other modes stay',
      { IpcMode: 'shareable', PidMode: 'host' },
      { IpcMode: 'shareable', PidMode: 'host' },
      {},
    ],
    [
      'volumes of containers by name',
      { VolumesFrom: [`${PARENT}:ro`, PARENT, 'store:rw'] },
      { VolumesFrom: ['vpn:ro', 'vpn', 'store:rw'] },
      {},
    ],
    [
      'links without the own name',
      { Links: ['/db:/web/database'] },
      { Links: ['db:database'] },
      {},
    ],
    [
      'links with a slash in the own name',
      { Links: ['/db:/host/web/database'] },
      { Links: ['db:database'] },
      {},
    ],
    ['a link of another form', { Links: ['a/db:/web/x'] }, { Links: ['a/db:/web/x'] }, {}],
    ['a link with more behind it', { Links: ['/db:/web/x:y'] }, { Links: ['/db:/web/x:y'] }, {}],
    ['links as a user writes them', { Links: ['db:database'] }, { Links: ['db:database'] }, {}],
    ['the engine’s default runtime', { Runtime: 'runc' }, {}, {}],
    ['another runtime', { Runtime: 'nvidia' }, { Runtime: 'nvidia' }, {}],
    [
      'a runtime that is no longer the default',
      { Runtime: 'runc' },
      { Runtime: 'runc' },
      { engine: { ...ENGINE, defaultRuntime: 'crun' } },
    ],
    ['no swapping', { MemorySwappiness: 0 }, { MemorySwappiness: 0 }, {}],
    ['swappiness', { MemorySwappiness: 60 }, { MemorySwappiness: 60 }, {}],
    ['no swappiness', { MemorySwappiness: null }, {}, {}],
    ['swappiness of -1', { MemorySwappiness: -1 }, {}, {}],
    [
      'swappiness on cgroup v2',
      { MemorySwappiness: 0 },
      {},
      { engine: { ...ENGINE, cgroupVersion: '2' } },
    ],
    [
      'kernel memory',
      { KernelMemory: 9, KernelMemoryTCP: 8 },
      { KernelMemory: 9, KernelMemoryTCP: 8 },
      {},
    ],
    ['no kernel memory', { KernelMemory: 0, KernelMemoryTCP: 0 }, {}, {}],
    [
      'kernel memory from 1.42 on',
      { KernelMemory: 9, KernelMemoryTCP: 8 },
      {},
      { apiVersion: '1.42' },
    ],
    ['masked paths of 20.10', { MaskedPaths: MASKED_20_10 }, {}, {}],
    ['masked paths of 18.09', { MaskedPaths: MASKED_20_10.slice(1) }, {}, {}],
    ['masked paths of 25', { MaskedPaths: MASKED_25.toReversed() }, {}, {}],
    ['masked paths of 28', { MaskedPaths: [...MASKED_28, THROTTLE] }, {}, {}],
    [
      'masked paths of 28, on many processors',
      { MaskedPaths: [...MASKED_28, THROTTLE, THROTTLE.replace('cpu0', 'cpu127')] },
      {},
      {},
    ],
    [
      'masked paths of 28 and one that ends like those',
      { MaskedPaths: [...MASKED_28, `/host${THROTTLE}`] },
      { MaskedPaths: [...MASKED_28, `/host${THROTTLE}`] },
      {},
    ],
    [
      'masked paths of 28 and one that begins like those',
      { MaskedPaths: [...MASKED_28, `${THROTTLE}/count`] },
      { MaskedPaths: [...MASKED_28, `${THROTTLE}/count`] },
      {},
    ],
    ['masked paths of 28, no throttle', { MaskedPaths: MASKED_28 }, {}, {}],
    [
      'no paths masked',
      { MaskedPaths: [], ReadonlyPaths: [] },
      { MaskedPaths: [], ReadonlyPaths: [] },
      {},
    ],
    ['paths left to the engine', { MaskedPaths: null, ReadonlyPaths: null }, {}, {}],
    [
      'masked paths of the user’s',
      { MaskedPaths: ['/proc/kcore'] },
      { MaskedPaths: ['/proc/kcore'] },
      {},
    ],
    [
      'more masked paths',
      { MaskedPaths: [...MASKED_20_10, '/x'] },
      { MaskedPaths: [...MASKED_20_10, '/x'] },
      {},
    ],
    [
      'throttle masked by the user',
      { MaskedPaths: [...MASKED_20_10, THROTTLE] },
      { MaskedPaths: [...MASKED_20_10, THROTTLE] },
      {},
    ],
    ['read-only paths of 20.10', { ReadonlyPaths: READ_ONLY }, {}, {}],
    ['read-only paths of 18.09', { ReadonlyPaths: [...READ_ONLY, '/proc/asound'] }, {}, {}],
    [
      'read-only paths of the user’s',
      { ReadonlyPaths: ['/proc/sys'] },
      { ReadonlyPaths: ['/proc/sys'] },
      {},
    ],
    [
      'kernel settings',
      { Sysctls: { 'net.core.somaxconn': '9' } },
      { Sysctls: { 'net.core.somaxconn': '9' } },
      {},
    ],
  ])('%s', (_, own, expected, input) => {
    expect(sent(own, input)).toEqual(expected);
  });
});
