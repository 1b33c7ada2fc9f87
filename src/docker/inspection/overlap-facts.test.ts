import { describe, expect, it } from 'vitest';
import { overlapFactsOf } from './overlap-facts.js';
import { aContainer } from '../testing/inspection-builders.js';

const NO_LABELS = new Map<string, Record<string, string>>();
const DATA = { Type: 'volume', Name: 'data', Destination: '/data', RW: true };

describe('what speaks against a second container beside one', () => {
  it('are host ports that a user chose, not those that the engine chooses', () => {
    const container = aContainer({
      HostConfig: {
        PortBindings: {
          '80/tcp': [
            { HostIp: '', HostPort: '8080' },
            { HostIp: '127.0.0.1', HostPort: '81' },
          ],
          '82/tcp': [{ HostIp: '', HostPort: '' }],
          '83/tcp': [{ HostIp: '', HostPort: '0' }],
          '84/tcp': [{ HostIp: '', HostPort: '9000-9010' }],
          '85/tcp': null,
        },
      },
    });
    expect(overlapFactsOf(container, NO_LABELS).fixedPorts).toEqual(['8080', '127.0.0.1:81']);
  });

  it('are addresses that a user chose', () => {
    const Networks = {
      front: { IPAMConfig: { IPv4Address: '10.0.0.5', IPv6Address: 'fd00::5' } },
      back: { IPAMConfig: {}, IPAddress: '10.0.1.2' },
      more: { IPAMConfig: null },
    };
    const container = aContainer({
      Config: { MacAddress: '02:42:00:00:00:05' },
      networks: Networks,
    });
    expect(overlapFactsOf(container, NO_LABELS)).toMatchObject({
      fixedAddresses: ['10.0.0.5', 'fd00::5'],
      fixedMacAddress: '02:42:00:00:00:05',
    });
  });

  it('are devices, by path or by request', () => {
    const container = aContainer({
      HostConfig: {
        Devices: [{ PathOnHost: '/dev/ttyUSB0' }],
        DeviceRequests: [{ Driver: 'nvidia' }, { Driver: '' }],
      },
    });
    expect(overlapFactsOf(container, NO_LABELS).devices).toEqual([
      '/dev/ttyUSB0',
      'of a request to nvidia',
      'of a request to any driver',
    ]);
  });

  it('are writable volumes and mounts, but not sockets and memory', () => {
    const container = aContainer({
      Mounts: [
        DATA,
        { Type: 'volume', Name: 'read', Destination: '/read', RW: false },
        { Type: 'bind', Source: '/srv/files', Destination: '/files', RW: true },
        { Type: 'bind', Source: '/var/run/docker.sock', Destination: '/docker.sock', RW: true },
        { Type: 'tmpfs', Destination: '/tmp', RW: true },
      ],
    });
    expect(overlapFactsOf(container, NO_LABELS).writableVolumes).toEqual(['/data', '/files']);
  });

  it.each([
    ['a label of the volume', {}, { 'deploy.exclusive': 'true' }, ['/data']],
    ['a place that the container names', { 'deploy.exclusive': '/other, /data' }, {}, ['/data']],
    ['the container as a whole', { 'deploy.exclusive': 'true' }, {}, ['/data']],
    ['nothing', { 'deploy.exclusive': '/other' }, { 'deploy.exclusive': 'false' }, []],
  ])('are volumes that are marked as exclusive by %s', (_what, Labels, ofVolume, exclusive) => {
    const container = aContainer({ Config: { Labels }, Mounts: [DATA] });
    const labels = new Map([['data', ofVolume]]);
    expect(overlapFactsOf(container, labels).exclusiveVolumes).toEqual(exclusive);
  });
});
