import { describe, expect, it } from 'vitest';
import { unexplained } from '../../domain/deployment/comparison.js';
import type { EndpointSettings } from '../inspection/inspection.js';
import {
  aNewContainer,
  compared,
  NEW_ID,
  NEW_IMAGE,
  ofConfig,
} from '../testing/comparison-builders.js';
import { aContainer, anImage } from '../testing/inspection-builders.js';

describe('what explains a difference', () => {
  it('explains our labels and compose’s record of the image, and no other label', () => {
    const { differences } = ofConfig(
      { Labels: { 'com.docker.compose.image': 'sha256:old', 'deploy.digest': 'old', mine: 'a' } },
      {},
      { Labels: { 'com.docker.compose.image': NEW_IMAGE, 'deploy.digest': 'new', mine: 'b' } },
      {},
    );
    expect(differences.map(({ field, reason }) => [field, reason])).toEqual([
      ['Config.Labels.com.docker.compose.image', 'compose’s record of the image names the new one'],
      ['Config.Labels.deploy.digest', 'Deploy’s own label'],
      ['Config.Labels.mine', null],
    ]);
  });

  it('recognises anonymous volumes by their names', () => {
    const volume = { Type: 'volume', Name: 'a1b2', Destination: '/data', RW: true };
    const old = aContainer({ Mounts: [volume] });
    const asked = { Type: 'volume', Source: 'a1b2', Target: '/data' };
    const isSame = { Mounts: [volume], HostConfig: { Mounts: [asked] } };
    expect(compared({ old, candidate: aNewContainer(isSame) }).differences).toMatchObject([
      { field: 'HostConfig.Mounts./data', reason: 'the anonymous volume, requested by its name' },
    ]);
    const other = {
      Mounts: [{ ...volume, Name: 'c3d4' }],
      HostConfig: { Mounts: [{ ...asked, Source: 'c3d4' }] },
    };
    const reasons = compared({ old, candidate: aNewContainer(other) }).differences;
    expect(reasons.map(({ reason }) => reason)).toEqual([null, null]);
    expect(compared({ old }).differences).toMatchObject([{ field: 'Mounts./data', reason: null }]);
  });

  it('lets only a new image declare a volume', () => {
    const candidate = aNewContainer({
      Mounts: [{ Type: 'volume', Name: 'e5f6', Destination: '/cache', RW: true }],
      Config: { Volumes: { '/cache/': {} } },
    });
    const declares = anImage({ Volumes: { '/cache/': {} } });
    expect(unexplained(compared({ candidate, newImage: declares }))).toBeNull();
    expect(unexplained(compared({ candidate }))).toContain('Mounts./cache');
  });

  it('exposes a port because it is published', () => {
    const ports = { PortBindings: { '80/tcp': [{ HostPort: '80' }] } };
    const { differences } = compared({
      old: aContainer({ HostConfig: ports }),
      candidate: aNewContainer({ HostConfig: ports, Config: { ExposedPorts: { '80/tcp': {} } } }),
    });
    expect(differences).toMatchObject([{ reason: 'exposed because it is published' }]);
  });

  it('compares networks, aliases and addresses', () => {
    const app = { Aliases: ['api', '0123456789ab'], IPAMConfig: { IPv4Address: '10.0.0.9' } };
    const old = aContainer({ networks: { app, 'back.end': {} } });
    const same = { app: { ...app, Aliases: [NEW_ID.slice(0, 12), 'api'] }, 'back.end': {} };
    expect(compared({ old, candidate: aNewContainer({ networks: same }) }).differences).toEqual([]);
    const poorer = { app: { Aliases: [] } };
    const { differences } = compared({ old, candidate: aNewContainer({ networks: poorer }) });
    expect(differences.map(({ field, reason }) => [field, reason])).toEqual([
      ['Networks.app.Aliases', null],
      ['Networks.app.IPAMConfig', null],
      ['Networks.back.end', null],
    ]);
  });

  it('lets an overlapping strategy join networks and add names later, and nothing else', () => {
    const old = aContainer({ networks: { app: { Aliases: ['api'], Links: ['db'] }, back: {} } });
    const reasons = (networks: Readonly<Record<string, EndpointSettings>>): unknown =>
      compared({
        old,
        candidate: aNewContainer({ networks }),
        purpose: { joinedLater: ['back'], namedLater: ['app'] },
      }).differences.map(({ field, reason }) => [field, reason]);
    expect(reasons({ app: { Links: ['db'] } })).toEqual([
      ['Networks.app.Aliases', 'added once the new container is healthy'],
      ['Networks.back', 'joined once the new container is healthy'],
    ]);
    expect(reasons({ app: { Aliases: ['api', 'web'], Links: ['db'] }, back: {} })).toEqual([
      ['Networks.app.Aliases', 'the service’s own name is one of them'],
    ]);
    expect(reasons({ app: { Aliases: ['stranger'] }, back: {} })).toEqual([
      ['Networks.app.Aliases', null],
      ['Networks.app.Links', null],
    ]);
  });

  it('lets a restart policy come later in a handover', () => {
    const policies = {
      old: aContainer({ HostConfig: { RestartPolicy: { Name: 'always' } } }),
      candidate: aNewContainer({ HostConfig: { RestartPolicy: { Name: 'no' } } }),
    };
    expect(unexplained(compared({ ...policies, purpose: { isArmedLater: true } }))).toBeNull();
    expect(unexplained(compared(policies))).toContain('HostConfig.RestartPolicy');
  });

  it('knows where kernel settings of an interface went, if they arrived', () => {
    const old = aContainer({
      HostConfig: { Sysctls: { 'net.ipv4.conf.eth0.log_martians': '1' }, NetworkMode: 'app' },
      networks: { app: { DriverOpts: { mine: 'x' } } },
    });
    const moved = 'net.ipv4.conf.IFNAME.log_martians=1';
    const withOptions = (DriverOpts: Record<string, string>) =>
      compared({
        old,
        candidate: aNewContainer({
          HostConfig: { NetworkMode: 'app' },
          networks: { app: { DriverOpts } },
        }),
        apiVersion: '1.48',
      });
    expect(
      withOptions({ mine: 'x', 'com.docker.network.endpoint.sysctls': moved }).differences,
    ).toMatchObject([
      { reason: 'set on the network’s endpoint instead' },
      { reason: 'set on the network’s endpoint instead' },
    ]);
    expect(unexplained(withOptions({ 'com.docker.network.endpoint.sysctls': moved }))).toContain(
      'Networks.app.DriverOpts',
    );
  });

  it('expects nothing of engines that they no longer know', () => {
    const old = aContainer({ HostConfig: { KernelMemory: 64 } });
    expect(unexplained(compared({ old }))).toContain('KernelMemory');
    expect(compared({ old, apiVersion: '1.42' }).differences).toEqual([]);
  });
});
