import { describe, expect, it } from 'vitest';
import { unexplained } from '../../domain/deployment/comparison.js';
import type { ContainerConfig, HostConfig } from '../inspection/inspection.js';
import {
  NEW_ID,
  aNewContainer,
  compared,
  ofConfig,
  ofHost,
} from '../testing/comparison-builders.js';
import { aContainer } from '../testing/inspection-builders.js';

describe('the comparison of an old container with a new one', () => {
  it('finds no difference between equals and says how much it compared', () => {
    expect(compared({})).toMatchObject({ at: '2026-01-02T03:04:05.000Z', differences: [] });
    expect(compared({}).compared).toBeGreaterThan(2);
  });

  /** Each of these would be a lost setting or an unwanted one. */
  it.each<[string, HostConfig, HostConfig]>([
    ['HostConfig.Memory', { Memory: 64 }, {}],
    ['HostConfig.Memory', { Memory: 64 }, { Memory: 32 }],
    ['HostConfig.Init', { Init: false }, { Init: true }],
    ['HostConfig.MemorySwappiness', { MemorySwappiness: 0 }, {}],
    ['HostConfig.RestartPolicy', { RestartPolicy: { Name: 'always' } }, {}],
    ['HostConfig.Binds', { Binds: ['/a:/b:ro'] }, { Binds: ['/a:/b'] }],
    ['HostConfig.MaskedPaths', { MaskedPaths: [] }, {}],
    ['HostConfig.ReadonlyPaths', { ReadonlyPaths: [] }, {}],
    ['HostConfig.Runtime', { Runtime: 'kata' }, {}],
    ['HostConfig.PortBindings.80/tcp', { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }, {}],
    [
      'HostConfig.PortBindings.80/tcp',
      { PortBindings: { '80/tcp': [] } },
      { PortBindings: { '80/tcp': [{ HostPort: '80' }] } },
    ],
    ['HostConfig.Sysctls.net.core.somaxconn', { Sysctls: { 'net.core.somaxconn': '1' } }, {}],
    ['HostConfig.Tmpfs./run', { Tmpfs: { '/run': '' } }, {}],
    [
      'HostConfig.LogConfig',
      { LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } } },
      { LogConfig: { Type: 'json-file', Config: { 'max-file': '2' } } },
    ],
    [
      'HostConfig.LogConfig',
      { LogConfig: { Type: 'json-file', Config: {} } },
      { LogConfig: { Type: 'local', Config: {} } },
    ],
    ['HostConfig.Mounts./data', { Mounts: [{ Type: 'volume', Source: 'a', Target: '/data' }] }, {}],
    ['HostConfig.IpcMode', { IpcMode: `container:${'f'.repeat(64)}` }, { IpcMode: 'private' }],
    ['HostConfig.SomethingNew', { SomethingNew: { a: 1 } }, { SomethingNew: { a: 2 } }],
  ])('reports that %s is lost', (field, old, fresh) => {
    const { differences } = ofHost(old, fresh);
    expect(differences).toMatchObject([{ field, reason: null }]);
  });

  it.each<[string, HostConfig, HostConfig]>([
    ['nothing is written otherwise', { Dns: null, CpuShares: 0 }, { Dns: [], Privileged: false }],
    ['the default policy has two names', {}, { RestartPolicy: { Name: '', MaximumRetryCount: 0 } }],
    [
      'a mode names the same container',
      { PidMode: `container:${'f'.repeat(64)}` },
      { PidMode: 'container:parent' },
    ],
    ['a link shows its own container', { Links: ['/db:/web/db'] }, { Links: ['/db:/x/db'] }],
    [
      'links are in an order of chance',
      { Links: ['/db:/web/db', '/mq:/web/mq'] },
      { Links: ['/mq:/x/mq', '/db:/x/db'] },
    ],
    [
      'limits are in an order of chance',
      {
        Ulimits: [
          { Name: 'nofile', Soft: 1 },
          { Name: 'nproc', Soft: 2 },
        ],
      },
      {
        Ulimits: [
          { Name: 'nproc', Soft: 2 },
          { Name: 'nofile', Soft: 1 },
        ],
      },
    ],
    ['no limit of processes has two names', { PidsLimit: -1 }, { PidsLimit: null }],
    ['no swappiness has two names', { MemorySwappiness: -1 }, { MemorySwappiness: null }],
    [
      'a port that the engine chooses',
      { PortBindings: { '80/tcp': [] } },
      { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '' }] } },
    ],
  ])('sees that %s', (_, old, fresh) => {
    expect(ofHost(old, fresh).differences).toEqual([]);
  });

  it.each<[string, HostConfig, HostConfig]>([
    ['a namespace that older engines did not know', { CgroupnsMode: '' }, { CgroupnsMode: 'host' }],
    ['a mode that older engines did not write', { IpcMode: '' }, { IpcMode: 'private' }],
    ['swap beside memory', { Memory: 64, MemorySwap: 0 }, { Memory: 64, MemorySwap: 128 }],
    [
      'options of the log from its own configuration',
      { LogConfig: { Type: 'json-file', Config: {} } },
      { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } } },
    ],
  ])('lets an engine fill in %s', (_, old, fresh) => {
    expect(unexplained(ofHost(old, fresh))).toBeNull();
  });

  it('ignores what only images have', () => {
    const { differences } = compared({
      old: aContainer({ Config: { Cmd: ['sh'], ArgsEscaped: true, OnBuild: ['RUN x'] } }),
      oldImage: null,
      candidate: aNewContainer({ Config: { Cmd: ['sh'] } }),
    });
    expect(differences).toEqual([]);
  });

  it('recognises what an engine fills in', () => {
    const filled = ofHost({}, { CgroupnsMode: 'private', OomKillDisable: true });
    expect(filled.differences).toMatchObject([
      { field: 'HostConfig.CgroupnsMode', reason: 'filled in by the engine' },
      { field: 'HostConfig.OomKillDisable', reason: 'filled in by the engine' },
    ]);
  });

  it.each<[string, ContainerConfig, ContainerConfig, ContainerConfig, ContainerConfig]>([
    [
      'Config.Env.MODE',
      { Env: ['MODE=1'] },
      { Env: ['MODE=1'] },
      { Env: ['MODE=2'] },
      { Env: ['MODE=2'] },
    ],
    ['Config.Env.MODE', { Env: ['MODE=1'] }, { Env: ['MODE=1'] }, {}, {}],
    ['Config.Env.MODE', {}, {}, { Env: ['MODE=2'] }, { Env: ['MODE=2'] }],
    ['Config.User', { User: 'a' }, { User: 'a' }, { User: 'b' }, { User: 'b' }],
    [
      'Config.WorkingDir',
      { WorkingDir: '/a' },
      { WorkingDir: '/a/' },
      { WorkingDir: '/b' },
      { WorkingDir: '/b/' },
    ],
    ['Config.StopSignal', { StopSignal: 'SIGINT' }, { StopSignal: 'SIGINT' }, {}, {}],
    ['Config.Cmd', { Cmd: ['a'] }, { Cmd: ['a'] }, { Cmd: ['b'] }, { Cmd: ['b'] }],
    ['Config.Entrypoint', { Entrypoint: ['a'] }, { Entrypoint: ['a'] }, {}, {}],
    ['Config.Labels.a', { Labels: { a: '1' } }, { Labels: { a: '1' } }, { Labels: {} }, {}],
    [
      'Config.ExposedPorts.80/tcp',
      { ExposedPorts: { '80/tcp': {} } },
      { ExposedPorts: { '80/tcp': {} } },
      {},
      {},
    ],
    ['Config.Volumes./data', {}, {}, { Volumes: { '/data': {} } }, { Volumes: { '/data': {} } }],
    [
      'Config.Healthcheck.Interval',
      { Healthcheck: { Interval: 5 } },
      { Healthcheck: { Interval: 5 } },
      { Healthcheck: { Interval: 6 } },
      { Healthcheck: { Interval: 6 } },
    ],
  ])('lets the images’ own %s change', (field, old, oldImage, fresh, newImage) => {
    expect(ofConfig(old, oldImage, fresh, newImage).differences).toMatchObject([
      { field, reason: 'the image’s default, which the new image changes' },
    ]);
  });

  it.each<[string, ContainerConfig, ContainerConfig, ContainerConfig]>([
    ['Config.Env.MODE', { Env: ['MODE=mine'] }, { Env: ['MODE=2'] }, { Env: ['MODE=2'] }],
    ['Config.Env.MODE', { Env: ['MODE'] }, { Env: ['MODE=2'] }, { Env: ['MODE=2'] }],
    ['Config.Env.EMPTY', { Env: ['EMPTY='] }, {}, {}],
    ['Config.User', { User: 'mine' }, { User: 'b' }, { User: 'b' }],
    ['Config.Labels.empty', { Labels: { empty: '' } }, {}, {}],
    ['Config.StopTimeout', { StopTimeout: 0 }, {}, {}],
    ['Config.Healthcheck.Test', { Healthcheck: { Test: ['NONE'] } }, {}, {}],
    ['Config.Hostname', { Hostname: 'web-1' }, { Hostname: NEW_ID.slice(0, 12) }, {}],
    ['Config.Image', {}, { Image: 'acme/web:other' }, {}],
  ])('reports that the user’s own %s is lost', (field, old, fresh, newImage) => {
    expect(
      ofConfig(old, { Env: ['MODE=1'], User: 'a' }, fresh, newImage).differences,
    ).toContainEqual(expect.objectContaining({ field, reason: null }));
  });

  it('shows no value that may be a secret', () => {
    const { differences } = ofConfig(
      { Env: ['TOKEN=hunter2'], Cmd: ['--password=hunter2'], Labels: { auth: 'hunter2' } },
      {},
      {},
      {},
    );
    expect(differences.map(({ field }) => field)).toEqual([
      'Config.Cmd',
      'Config.Env.TOKEN',
      'Config.Labels.auth',
    ]);
    expect(JSON.stringify(differences)).not.toContain('hunter2');
  });

  it('describes what would be lost', () => {
    expect(unexplained(ofHost({ Memory: 64, LogConfig: { Type: 'x' } }, {}))).toBe(
      'HostConfig.LogConfig is different; HostConfig.Memory was 64 and would be not set',
    );
  });
});
