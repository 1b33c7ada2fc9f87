import { describe, expect, it } from 'vitest';
import { aContainer } from '../../testing/inspection-builders.js';
import { declaredVolumesOf, exposedPortsOf } from './declarations.js';

const bindings = { '80/tcp': [{ HostIp: '', HostPort: '8080' }] };

describe('exposed ports', () => {
  it('are the user’s without the image’s', () => {
    const container = aContainer({ Config: { ExposedPorts: { '80/tcp': {}, '90/udp': {} } } });
    expect(exposedPortsOf(container, { ExposedPorts: { '80/tcp': {} } })).toEqual({ '90/udp': {} });
  });

  it('hold every published port, although the image exposes it or the inspection misses it', () => {
    const exposed = { ExposedPorts: { '80/tcp': {} } };
    const both = aContainer({ Config: exposed, HostConfig: { PortBindings: bindings } });
    const published = aContainer({ HostConfig: { PortBindings: bindings } });
    expect(exposedPortsOf(both, exposed)).toEqual({ '80/tcp': {} });
    expect(exposedPortsOf(published, {})).toEqual({ '80/tcp': {} });
  });

  it('are not sent in another container’s network, where the engine refuses them', () => {
    const container = aContainer({
      Config: { ExposedPorts: { '80/tcp': {} } },
      HostConfig: { NetworkMode: 'container:parent' },
    });
    expect(exposedPortsOf(container, null)).toBeUndefined();
  });

  it('are not sent if there are none', () => {
    expect(exposedPortsOf(aContainer({ Config: { ExposedPorts: null } }), null)).toBeUndefined();
  });
});

describe('declared volumes', () => {
  it('are the user’s without the image’s', () => {
    const container = aContainer({ Config: { Volumes: { '/data': {}, '/cache': {} } } });
    expect(declaredVolumesOf(container, { Volumes: { '/data': {} } })).toEqual({ '/cache': {} });
    expect(declaredVolumesOf(container, container.Config)).toBeUndefined();
  });
});
