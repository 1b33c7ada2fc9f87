import { describe, expect, it } from 'vitest';
import { chooseStrategy, type OverlapFacts } from './strategy.js';

/** A container on a user network that publishes nothing and has no data. */
const BEHIND_PROXY: OverlapFacts = {
  isRunning: true,
  autoRemove: false,
  networkMode: 'front',
  networks: [{ name: 'front', driver: 'bridge', hasIPv6: false }],
  fixedAddresses: [],
  fixedMacAddress: null,
  fixedPorts: [],
  unpublishedPorts: [],
  links: [],
  devices: [],
  exclusiveVolumes: [],
  dependents: [],
  writableVolumes: [],
  isProbedAtPublishedPort: false,
  networkDrivers: ['bridge', 'macvlan'],
  waitingNetwork: '0-deploy-wait-br0',
};
const PUBLISHED: OverlapFacts = { ...BEHIND_PROXY, fixedPorts: ['127.0.0.1:8080'] };

function choose(
  strategy: 'recreate' | 'start-first' | 'handover' | 'auto',
  facts: OverlapFacts,
  {
    fallback = false,
    overlap = 'forbidden',
  }: { fallback?: boolean; overlap?: 'forbidden' | 'allowed' } = {},
) {
  return chooseStrategy({ strategy, fallback, overlap }, facts);
}

describe('the strategy', () => {
  it.each([
    ['recreate', PUBLISHED],
    ['start-first', BEHIND_PROXY],
    ['handover', PUBLISHED],
    ['handover', BEHIND_PROXY],
  ] as const)('%s is used if it is configured and nothing prevents it', (strategy, facts) => {
    expect(choose(strategy, facts)).toEqual({
      kind: 'use',
      strategy,
      reason: 'the configuration says so',
    });
  });

  it('auto is the safe strategy with the least downtime', () => {
    expect(choose('auto', BEHIND_PROXY)).toMatchObject({ strategy: 'start-first' });
    expect(choose('auto', PUBLISHED)).toMatchObject({ strategy: 'handover' });
    const writing = { ...PUBLISHED, writableVolumes: ['/data'] };
    expect(choose('auto', writing)).toEqual({
      kind: 'use',
      strategy: 'recreate',
      reason:
        'auto: handover cannot be used: two versions would write at once to /data (rollout.overlap: allowed permits this)',
    });
    expect(choose('auto', writing, { overlap: 'allowed' })).toMatchObject({ strategy: 'handover' });
  });

  it('is recreate for a stopped container, whatever is configured', () => {
    for (const strategy of ['start-first', 'handover', 'auto'] as const) {
      expect(choose(strategy, { ...BEHIND_PROXY, isRunning: false })).toMatchObject({
        kind: 'use',
        strategy: 'recreate',
      });
    }
  });

  const BOTH: readonly (readonly [string, Partial<OverlapFacts>, string])[] = [
    ['run with --rm', { autoRemove: true }, '--rm'],
    ['the network of the host', { networkMode: 'host' }, 'the network of the host'],
    ['the network of another container', { networkMode: 'container:abc' }, 'another container'],
    ['a fixed address', { fixedAddresses: ['10.0.0.5'] }, 'the fixed address 10.0.0.5'],
    ['a fixed MAC address', { fixedMacAddress: '02:42:00:00:00:05' }, '02:42:00:00:00:05'],
    ['a device', { devices: ['/dev/ttyUSB0'] }, 'the device /dev/ttyUSB0'],
    ['an exclusive volume', { exclusiveVolumes: ['/data'] }, 'the exclusive volume /data'],
    ['a writable volume', { writableVolumes: ['/data'] }, 'overlap: allowed'],
  ];
  const CASES = [
    ...BOTH.flatMap(([what, facts, words]) => [
      ['start-first', what, { ...BEHIND_PROXY, ...facts }, words] as const,
      ['handover', what, { ...PUBLISHED, ...facts }, words] as const,
    ]),
    ['start-first', 'a fixed host port', PUBLISHED, '127.0.0.1:8080 (use handover for that)'],
    ['handover', 'no network', { ...PUBLISHED, networkMode: 'none', networks: [] }, 'no network'],
    [
      'handover',
      'a network that is not a bridge',
      { ...PUBLISHED, networks: [{ name: 'far', driver: 'overlay', hasIPv6: false }] },
      'far (overlay)',
    ],
    [
      'handover',
      'a network whose name sorts first',
      { ...PUBLISHED, networks: [{ name: '0', driver: 'bridge', hasIPv6: false }] },
      'sorts before',
    ],
    [
      'handover',
      'an engine without macvlan and other containers to reach',
      { ...PUBLISHED, networkDrivers: ['bridge'] },
      'lacks the network driver macvlan',
    ],
    [
      'handover',
      'a network with IPv6',
      { ...PUBLISHED, networks: [{ name: 'dual', driver: 'bridge', hasIPv6: true }] },
      'dual',
    ],
    [
      'handover',
      'a port that is not bound',
      { ...PUBLISHED, unpublishedPorts: ['80/tcp'] },
      '80/tcp',
    ],
    ['handover', 'links on the default bridge', { ...PUBLISHED, links: ['/db:/web/db'] }, 'db'],
    [
      'handover',
      'a probe at the published port',
      { ...PUBLISHED, isProbedAtPublishedPort: true },
      'rollout.health.exec',
    ],
  ] as const;

  it.each(CASES)(
    '%s is refused with %s, or recreates as a fallback',
    (strategy, _what, facts, words) => {
      const refused = choose(strategy, facts);
      expect(refused.kind).toBe('refuse');
      expect(refused.reason).toContain(`${strategy} cannot be used: `);
      expect(refused.reason).toContain(words);
      expect(refused.reason).toContain('rollout.fallback: true');
      const instead = choose(strategy, facts, { fallback: true });
      expect(instead).toMatchObject({ kind: 'use', strategy: 'recreate' });
      expect(instead.reason).toContain(words);
    },
  );

  it('names every obstacle at once', () => {
    const { reason } = choose('start-first', { ...PUBLISHED, devices: ['/dev/kvm'] });
    expect(reason).toContain('/dev/kvm; it publishes the fixed host port');
  });

  it('handover needs no macvlan if the default bridge is its only network', () => {
    const networks = [{ name: 'bridge', driver: 'bridge', hasIPv6: false }];
    const facts = { ...PUBLISHED, networks, networkDrivers: ['bridge'] };
    expect(choose('handover', facts)).toMatchObject({ strategy: 'handover' });
  });
});
