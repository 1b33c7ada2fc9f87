import { describe, expect, it } from 'vitest';
import type { HostConfig, MountPoint } from '../../inspection/inspection.js';
import { aContainer } from '../../testing/inspection-builders.js';
import { bindsOf, mountsOf } from './mounts.js';

const DATA: MountPoint = {
  Type: 'volume',
  Name: 'a1b2',
  Destination: '/data',
  Driver: 'local',
  RW: true,
};
const NAMED_DATA = { Type: 'volume', Source: 'a1b2', Target: '/data' };

function mountsWith(HostConfig: HostConfig, ...Mounts: MountPoint[]) {
  return mountsOf(aContainer({ HostConfig, Mounts }), undefined);
}

describe('mounts', () => {
  it('keep an anonymous volume by the name that the engine gave it', () => {
    expect(mountsWith({}, DATA)).toEqual([NAMED_DATA]);
  });

  it('keep a volume read-only and on its driver', () => {
    expect(mountsWith({}, { ...DATA, RW: false, Driver: 'nfs' })).toEqual([
      { ...NAMED_DATA, ReadOnly: true, VolumeOptions: { DriverConfig: { Name: 'nfs' } } },
    ]);
  });

  it.each<[string, HostConfig]>([
    ['a bind', { Binds: ['a1b2:/data'] }],
    ['a bind with access mode', { Binds: ['a1b2:/data:ro'] }],
    ['a bind written with a trailing slash', { Binds: ['a1b2:/data/'] }],
    ['a tmpfs', { Tmpfs: { '/data': '' } }],
  ])('do not cover twice what %s covers, which the engine would refuse', (_, host) => {
    expect(mountsWith(host, DATA)).toBeUndefined();
  });

  it('stay as the user wrote them, and are not repeated', () => {
    const own = { ...NAMED_DATA, Target: '/data/', VolumeOptions: { NoCopy: true } };
    expect(mountsWith({ Mounts: [own] }, DATA)).toEqual([own]);
  });

  it('fill in the volume of a mount without a source', () => {
    const own = { Type: 'volume', Target: '/data', VolumeOptions: { Labels: { a: 'b' } } };
    expect(mountsWith({ Mounts: [{ ...own, Source: '' }] }, DATA)).toEqual([
      { ...own, Source: 'a1b2' },
    ]);
    expect(mountsWith({ Mounts: [own] }, DATA)).toEqual([{ ...own, Source: 'a1b2' }]);
  });

  it('keep the source that the user named, whatever is mounted there now', () => {
    const own = { Type: 'volume', Source: 'files', Target: '/data' };
    expect(mountsWith({ Mounts: [own] }, DATA)).toEqual([own]);
  });

  it('leave a tmpfs mount without a source alone', () => {
    const own = { Type: 'tmpfs', Target: '/run' };
    expect(mountsWith({ Mounts: [own] })).toEqual([own]);
  });

  it('leave bind mounts, which the inspection lists too, to the binds', () => {
    expect(mountsWith({}, { Type: 'bind', Destination: '/etc/app' })).toBeUndefined();
    expect(mountsWith({}, { Type: 'bind', Name: 'a1b2', Destination: '/etc/app' })).toBeUndefined();
  });

  it('cannot keep a volume without a name', () => {
    expect(mountsWith({}, { Type: 'volume', Destination: '/data' })).toBeUndefined();
  });

  it('are none if the inspection lists none', () => {
    expect(mountsOf({ ...aContainer(), Mounts: null }, undefined)).toBeUndefined();
  });

  it('are sorted, not in the random order of the inspection', () => {
    const other = { ...DATA, Name: 'c3d4', Destination: '/cache' };
    const targets = [mountsWith({}, DATA, other), mountsWith({}, other, DATA)].map((mounts) =>
      mounts?.map((mount) => mount.Target),
    );
    expect(targets).toEqual([
      ['/cache', '/data'],
      ['/cache', '/data'],
    ]);
  });
});

describe('volumes of other containers', () => {
  const container = aContainer({
    HostConfig: { VolumesFrom: ['store'] },
    Config: { Volumes: { '/data': {} } },
    Mounts: [DATA, { ...DATA, Name: 'c3d4', Destination: '/shared' }],
  });
  const shared = { Type: 'volume', Source: 'c3d4', Target: '/shared' };

  it('are left to VolumesFrom if that container has the same one at the same place', () => {
    const store = aContainer({ Mounts: [{ ...DATA, Name: 'c3d4', Destination: '/shared/' }] });
    expect(mountsOf(container, [store])).toEqual([NAMED_DATA]);
    expect(mountsOf(container, [aContainer(), store])).toEqual([NAMED_DATA]);
  });

  it('are kept by name if that container has another one there by now', () => {
    const store = aContainer({ Mounts: [{ ...DATA, Name: 'e5f6', Destination: '/shared' }] });
    expect(mountsOf(container, [store])).toEqual([NAMED_DATA, shared]);
  });

  it('are those that neither user nor image declared if that container is unknown', () => {
    expect(mountsOf(container, undefined)).toEqual([NAMED_DATA]);
  });

  it('are none if VolumesFrom is not used', () => {
    const alone = { ...container, HostConfig: {} };
    expect(mountsOf(alone, undefined)).toEqual([NAMED_DATA, shared]);
  });
});

describe('binds', () => {
  it('are kept, except that a bare destination gets the name of its anonymous volume', () => {
    const Binds = ['/srv:/srv:ro', 'files:/files', '/data', '/unknown'];
    expect(bindsOf(aContainer({ HostConfig: { Binds }, Mounts: [DATA] }))).toEqual([
      '/srv:/srv:ro',
      'files:/files',
      'a1b2:/data',
      '/unknown',
    ]);
  });

  it('cover a bare destination', () => {
    expect(mountsWith({ Binds: ['/data'] }, DATA)).toBeUndefined();
  });
});
