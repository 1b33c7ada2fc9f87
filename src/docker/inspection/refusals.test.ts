import { describe, expect, it } from 'vitest';
import type { HostConfig } from './inspection.js';
import { whyNotRestartable, whyUnsupported } from './refusals.js';
import { aContainer, CONTAINER_ID } from '../testing/inspection-builders.js';

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

  it('our own container, recognised by the host name that Docker gave us', () => {
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
    expect(whyNotRestartable(container, [web, stopped], [stopped.Id])).toBeNull();
  });

  it('is not a container with namespaces of its own', () => {
    expect(whyNotRestartable(web, [])).toBeNull();
  });
});
