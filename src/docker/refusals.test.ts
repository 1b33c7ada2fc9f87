import { describe, expect, it } from 'vitest';
import type { HostConfig } from './inspection.js';
import { dependentsOf, whyNotRestartable, whyUnsupported } from './refusals.js';
import { aContainer, CONTAINER_ID } from './testing/inspection-builders.js';

const SELF = { hostname: 'build-host' };
const web = aContainer();

describe('what may not be replaced', () => {
  it.each([
    ['a Swarm task', { 'com.docker.swarm.task.id': 'x' }, 'Swarm'],
    ['a pod’s container', { 'io.kubernetes.pod.name': 'x' }, 'Kubernetes'],
    ['a one-off of compose', { 'com.docker.compose.oneoff': 'True' }, 'one-off'],
  ])('%s', (_, Labels, expected) => {
    expect(whyUnsupported(aContainer({ Config: { Labels } }), SELF)).toContain(expected);
  });

  it('our own container, known by the host name that Docker gave us', () => {
    expect(whyUnsupported(web, { hostname: CONTAINER_ID.slice(0, 12) })).toContain('Deploy itself');
  });

  it.each([
    ['an ordinary container', {}, SELF],
    ['a service of compose', { 'com.docker.compose.oneoff': 'False' }, SELF],
    ['one while our host name is another id', {}, { hostname: 'ffffffffffff' }],
    ['one while we have no host name', {}, { hostname: '' }],
    ['one whose id happens to begin like our host name', {}, { hostname: '0123' }],
  ])('but not %s', (_, Labels, self) => {
    expect(whyUnsupported(aContainer({ Config: { Labels } }), self)).toBeNull();
  });
});

describe('who depends on a container', () => {
  function other(HostConfig: HostConfig, networks = {}) {
    return aContainer({ Id: 'e'.repeat(64), Name: '/other', HostConfig, networks });
  }

  it.each<[string, HostConfig, string]>([
    ['shares its network', { NetworkMode: `container:${CONTAINER_ID}` }, 'network'],
    ['shares its network by name', { NetworkMode: 'container:web' }, 'network'],
    ['shares its network by short id', { NetworkMode: 'container:0123456789ab' }, 'network'],
    ['shares its IPC', { IpcMode: `container:${CONTAINER_ID}` }, 'ipc'],
    ['shares its PIDs', { PidMode: `container:${CONTAINER_ID}` }, 'pid'],
  ])('%s', (_, host, by) => {
    expect(dependentsOf(web, [other(host)])).toEqual([{ name: 'other', by }]);
  });

  it.each([['/web:/other/backend'], ['web:backend'], [`${CONTAINER_ID}:backend`]])(
    'links to it on the default bridge: %s',
    (link) => {
      const linked = other({ Links: [link] }, { bridge: {} });
      expect(dependentsOf(web, [linked])).toEqual([{ name: 'other', by: 'link' }]);
    },
  );

  it('in several ways at once, and several of them', () => {
    const both = other({ NetworkMode: 'container:web', PidMode: 'container:web' });
    const third = { ...other({ IpcMode: 'container:web' }), Id: 'd'.repeat(64), Name: '/third' };
    expect(dependentsOf(web, [both, third])).toEqual([
      { name: 'other', by: 'network' },
      { name: 'other', by: 'pid' },
      { name: 'third', by: 'ipc' },
    ]);
  });

  it.each<[string, HostConfig, object]>([
    ['one in a namespace of another', { NetworkMode: `container:${'d'.repeat(64)}` }, {}],
    ['one with a name that begins like its', { NetworkMode: 'container:web-2' }, {}],
    ['one joined to a container whose name its id begins with', { PidMode: 'container:0123' }, {}],
    ['one that links to it on a network of its own', { Links: ['web:backend'] }, { app: {} }],
    ['one that links to another', { Links: ['/db:/other/web'] }, { bridge: {} }],
    ['one that has its volumes', { VolumesFrom: ['web', CONTAINER_ID] }, { bridge: {} }],
  ])('but not %s', (_, host, networks) => {
    expect(dependentsOf(web, [other(host, networks)])).toEqual([]);
  });

  it('but not the container itself', () => {
    const self = aContainer({ HostConfig: { Links: ['web:me'] }, networks: { bridge: {} } });
    expect(dependentsOf(self, [self])).toEqual([]);
  });
});

describe('what could not be started again', () => {
  const parent = aContainer({ Id: 'a'.repeat(64), Name: '/vpn' });
  const stopped = aContainer({ Id: 'a'.repeat(64), Name: '/vpn', State: { Running: false } });

  it.each<[string, HostConfig]>([
    ['network', { NetworkMode: `container:${'a'.repeat(64)}` }],
    ['IPC', { IpcMode: `container:${'a'.repeat(64)}` }],
    ['PIDs', { PidMode: `container:${'a'.repeat(64)}` }],
  ])('is in the %s of a container that is gone or does not run', (_, HostConfig) => {
    const container = aContainer({ HostConfig });
    expect(whyNotRestartable(container, [web])).toContain('which is gone');
    expect(whyNotRestartable(container, [stopped])).toContain('vpn, which does not run');
    expect(whyNotRestartable(container, [web, parent])).toBeNull();
  });

  it('is not a container with namespaces of its own', () => {
    expect(whyNotRestartable(web, [])).toBeNull();
  });
});
