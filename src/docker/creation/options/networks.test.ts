import { describe, expect, it } from 'vitest';
import type { ContainerConfig, EndpointSettings, HostConfig } from '../../inspection/inspection.js';
import { aContainer } from '../../testing/inspection-builders.js';
import { attachmentsOf, networkModeByName } from './networks.js';

const ID = 'abcdef012345'.padEnd(64, '9');

interface Case {
  readonly settings: EndpointSettings;
  readonly api?: string;
  readonly Config?: ContainerConfig;
  readonly network?: string;
}

/** What is asked for on the only network of a container, `app` unless it says otherwise. */
function endpointOf({ settings, api = '1.41', Config = {}, network = 'app' }: Case) {
  const container = aContainer({
    Id: ID,
    Config,
    HostConfig: { NetworkMode: network },
    networks: { [network]: settings },
  });
  return attachmentsOf(container, api, null)[0]?.endpoint;
}

describe('networks', () => {
  const networks = { back: {}, app: {}, bridge: {} };

  it.each<[string, HostConfig, string[]]>([
    ['the one of the mode first', { NetworkMode: 'app' }, ['app', 'back', 'bridge']],
    ['the default bridge first', { NetworkMode: 'default' }, ['bridge', 'back', 'app']],
    [
      'the default bridge first where there is no mode',
      { NetworkMode: '' },
      ['bridge', 'back', 'app'],
    ],
    ['the bridge by its own name', { NetworkMode: 'bridge' }, ['bridge', 'back', 'app']],
    [
      'those it is on now, where the one of the mode was left',
      { NetworkMode: 'gone' },
      Object.keys(networks),
    ],
    ['none in the host’s network', { NetworkMode: 'host' }, []],
    ['none without a network', { NetworkMode: 'none' }, []],
    ['none in another container’s network', { NetworkMode: 'container:x' }, []],
  ])('%s', (_, HostConfig, expected) => {
    const attachments = attachmentsOf(aContainer({ HostConfig, networks }), '1.41', null);
    expect(attachments.map(({ name }) => name)).toEqual(expected);
  });

  it('replaces a network id in the mode by the network’s name', () => {
    const container = aContainer({
      HostConfig: { NetworkMode: 'f00d' },
      networks: { back: { NetworkID: 'beef' }, app: { NetworkID: 'f00d' } },
    });
    expect(networkModeByName(container)).toBe('app');
    expect(attachmentsOf(container, '1.41', null)[0]?.name).toBe('app');
  });

  it('does not count being on no network as one', () => {
    const container = aContainer({ networks: { none: {} } });
    expect(attachmentsOf(container, '1.41', null)).toEqual([]);
  });
});

describe('endpoints', () => {
  it('leave out what the engine derived', () => {
    const settings = {
      NetworkID: 'a',
      EndpointID: 'b',
      Gateway: '172.18.0.1',
      IPAddress: '172.18.0.2',
      IPPrefixLen: 16,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      MacAddress: '02:42:ac:12:00:02',
      DNSNames: ['web'],
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      DriverOpts: null,
      GwPriority: 0,
    };
    expect(endpointOf({ settings })).toEqual({});
    expect(endpointOf({ settings, api: '1.48' })).toEqual({});
  });

  it('keep the user’s aliases without the container’s short id', () => {
    const settings = { Aliases: ['api', ID.slice(0, 12), 'web'] };
    expect(endpointOf({ settings })).toEqual({ Aliases: ['api', 'web'] });
    expect(endpointOf({ settings: { Aliases: [ID.slice(0, 12)] } })).toEqual({});
  });

  it('drop the host name from the aliases only in API 1.44, whose engines add it', () => {
    const settings = { Aliases: ['api', 'web-1'] };
    const Config = { Hostname: 'web-1' };
    expect(endpointOf({ settings, Config, api: '1.43' })).toEqual(settings);
    expect(endpointOf({ settings, Config, api: '1.44' })).toEqual({ Aliases: ['api'] });
    expect(endpointOf({ settings, Config, api: '1.45' })).toEqual(settings);
  });

  it('have no aliases on the default bridge, which refuses them', () => {
    expect(endpointOf({ settings: { Aliases: ['api'] }, network: 'bridge' })).toEqual({});
  });

  it.each([
    [{ IPv4Address: '172.30.0.9' }],
    [{ IPv6Address: 'fd00::9' }],
    [{ LinkLocalIPs: ['169.254.1.1'] }],
  ])('keep a requested address: %o', (IPAMConfig) => {
    expect(endpointOf({ settings: { IPAMConfig } })).toEqual({ IPAMConfig });
  });

  it('never make a dynamic address a static one', () => {
    const settings = { IPAMConfig: {}, IPAddress: '172.18.0.2' };
    expect(endpointOf({ settings })).toEqual({});
  });

  it('keep links and driver options', () => {
    const settings = { Links: ['db:database'], DriverOpts: { mtu: '1400' } };
    expect(endpointOf({ settings })).toEqual(settings);
    expect(endpointOf({ settings: { Links: [], DriverOpts: {} } })).toEqual({});
  });

  it('keep the gateway priority from API 1.48 on', () => {
    expect(endpointOf({ settings: { GwPriority: 5 }, api: '1.48' })).toEqual({ GwPriority: 5 });
    expect(endpointOf({ settings: { GwPriority: 5 }, api: '1.47' })).toEqual({});
  });
});

describe('MAC addresses on endpoints', () => {
  const own = '02:11:22:33:44:55';
  const settings = { MacAddress: own, IPAddress: '172.18.0.2' };

  it('are not sent below API 1.44', () => {
    expect(endpointOf({ settings, Config: { MacAddress: own }, api: '1.43' })).toEqual({});
  });

  it.each(['1.44', '1.51'])('are on the first network what the user set, in %s', (api) => {
    expect(endpointOf({ settings, Config: { MacAddress: own }, api })).toEqual({ MacAddress: own });
    expect(endpointOf({ settings, api })).toEqual({});
  });

  it('are kept from 1.52 on unless the engine derived them from the IP address', () => {
    const made = { MacAddress: '02:42:AC:12:00:02', IPAddress: '172.18.0.2' };
    expect(endpointOf({ settings, api: '1.52' })).toEqual({ MacAddress: own });
    expect(endpointOf({ settings: made, api: '1.52' })).toEqual({});
    expect(endpointOf({ settings: { MacAddress: '' }, api: '1.52' })).toEqual({});
  });

  it('are kept on further networks unless the engine derived them', () => {
    const container = aContainer({
      Config: { MacAddress: '02:00:00:00:00:01' },
      HostConfig: { NetworkMode: 'app' },
      networks: {
        app: {},
        back: settings,
        other: { MacAddress: '02:42:ac:12:00:02', IPAddress: '172.18.0.2' },
      },
    });
    expect(attachmentsOf(container, '1.44', null).map(({ endpoint }) => endpoint)).toEqual([
      { MacAddress: '02:00:00:00:00:01' },
      { MacAddress: own },
      {},
    ]);
  });
});

describe('kernel settings of an interface', () => {
  const option = 'com.docker.network.endpoint.sysctls';

  it('go to the first network, in addition to existing ones', () => {
    const container = aContainer({
      HostConfig: { NetworkMode: 'app' },
      networks: { back: {}, app: { DriverOpts: { [option]: 'a=1', mtu: '1400' } } },
    });
    expect(attachmentsOf(container, '1.48', 'b=2')).toEqual([
      { name: 'app', endpoint: { DriverOpts: { [option]: 'a=1,b=2', mtu: '1400' } } },
      { name: 'back', endpoint: {} },
    ]);
  });

  it('need no existing options', () => {
    const [first] = attachmentsOf(aContainer(), '1.48', 'b=2');
    expect(first?.endpoint).toEqual({ DriverOpts: { [option]: 'b=2' } });
  });
});
