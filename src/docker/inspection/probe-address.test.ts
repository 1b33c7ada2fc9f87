import { describe, expect, it } from 'vitest';
import type { ContainerInspection } from './inspection.js';
import { containerAddress, publishedAddress } from './probe-address.js';
import { aContainer } from '../testing/inspection-builders.js';

describe("a container's own address", () => {
  it('is that on the first network that has one', () => {
    const networks = { none: { IPAddress: '' }, front: { IPAddress: '172.18.0.2' } };
    expect(containerAddress(aContainer({ networks }), 80)).toEqual({
      host: '172.18.0.2',
      port: 80,
    });
  });

  it("is the engine's machine if it uses that machine's network", () => {
    const container = aContainer({ HostConfig: { NetworkMode: 'host' }, networks: { host: {} } });
    expect(containerAddress(container, 80)).toEqual({ host: '127.0.0.1', port: 80 });
  });

  it('does not exist without a network', () => {
    expect(containerAddress(aContainer({ networks: {} }), 80)).toBeNull();
    expect(containerAddress(aContainer({ networks: { bridge: {} } }), 80)).toBeNull();
    expect(
      containerAddress({ ...aContainer(), NetworkSettings: { Networks: null } }, 80),
    ).toBeNull();
  });
});

describe('a published port', () => {
  function published(binding: { HostIp: string; HostPort: string } | null): ContainerInspection {
    const Ports = { '80/tcp': binding && [binding], '53/udp': [{ HostIp: '', HostPort: '53' }] };
    return { ...aContainer(), NetworkSettings: { Ports } };
  }
  const at = (HostIp: string, engineHost: string | null = null) =>
    publishedAddress(published({ HostIp, HostPort: '32768' }), 80, engineHost);

  it.each(['', '0.0.0.0', '::'])('on every address is reached on the loopback: "%s"', (ip) => {
    expect(at(ip)).toEqual({ host: '127.0.0.1', port: 32_768 });
  });

  it('on one address is reached there', () => {
    expect(at('192.0.2.7')).toEqual({ host: '192.0.2.7', port: 32_768 });
  });

  it("of an engine elsewhere is reached on that engine's host", () => {
    expect(at('0.0.0.0', 'engine.example.com')).toEqual({
      host: 'engine.example.com',
      port: 32_768,
    });
  });

  it('does not exist if only another one is published, or none over TCP', () => {
    expect(publishedAddress(published(null), 80, null)).toBeNull();
    expect(publishedAddress(published(null), 53, null)).toBeNull();
    expect(publishedAddress(aContainer(), 80, null)).toBeNull();
  });
});
