import { describe, expect, it } from 'vitest';
import { aContainer } from '../../testing/inspection-builders.js';
import { domainNameOf, hostNameOf } from './host-name.js';

const parent = `container:${'f'.repeat(64)}`;

describe('the host name that a user set', () => {
  it.each([
    ['the user’s own', 'web-1', {}, 'web-1'],
    ['the beginning of the container’s id', '0123456789ab', {}, undefined],
    ['the beginning of another id', 'ab0123456789', {}, 'ab0123456789'],
    ['empty', '', {}, undefined],
    ['another container’s', 'web-1', { NetworkMode: parent }, undefined],
    ['refused beside the host’s UTS namespace', 'web-1', { UTSMode: 'host' }, undefined],
    ['the host’s, in its network', 'host-1', { NetworkMode: 'host' }, undefined],
    ['its own, in the host’s network', 'web-1', { NetworkMode: 'host' }, 'web-1'],
    ['by chance that of the host', 'host-1', {}, 'host-1'],
  ])('%s', (_, Hostname, HostConfig, expected) => {
    expect(hostNameOf(aContainer({ Config: { Hostname }, HostConfig }), 'host-1')).toBe(expected);
  });
});

it('has no name if the inspection shows none', () => {
  const container = aContainer({ Config: {}, HostConfig: {} });
  expect(hostNameOf(container, 'host-1')).toBeUndefined();
  expect(domainNameOf(container)).toBeUndefined();
});

describe('the domain name that a user set', () => {
  it.each([
    ['the user’s own', 'example.com', {}, 'example.com'],
    ['empty', '', {}, undefined],
    ['another container’s', 'example.com', { NetworkMode: parent }, undefined],
    ['in the host’s network', 'example.com', { NetworkMode: 'host' }, 'example.com'],
  ])('%s', (_, Domainname, HostConfig, expected) => {
    expect(domainNameOf(aContainer({ Config: { Domainname }, HostConfig }))).toBe(expected);
  });
});
