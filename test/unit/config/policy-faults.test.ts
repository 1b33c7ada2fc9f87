import { describe, expect, it } from 'vitest';
import { configurationOf } from './configuration-folder.js';
import { itReports, STAGING } from './fault-cases.js';

const WEB = 'services: { web: { container: web, image: acme/web, tag: latest } }';
const SOURCE = `  test:\n    ${WEB.replace('container: web', 'container: test')}\n`;
const policy = (text: string): string => `${STAGING}    policy: ${text}\n`;
const promoted = (text: string): string => `${STAGING}    policy: ${text}\n    ${WEB}\n${SOURCE}`;
const P = 'environments.staging.policy';
const FROM = `environments.staging.policy.promoteFrom`;

describe('faults of policies and freezes', () => {
  itReports([
    ['an invalid delay', policy('{ delay: soon }'), `3:22: ${P}.delay`, 'not a duration'],
    [
      'a poll interval that is too short',
      policy('{ poll: 1s }'),
      `3:21: ${P}.poll`,
      'from 30s to 7d',
    ],
    [
      'a window that is not in a list',
      policy('{ window: { from: "09:00" } }'),
      `3:23: ${P}.window`,
      'a list',
    ],
    [
      'a window without an end',
      policy('{ window: [{ from: "09:00" }] }'),
      `3:24: ${P}.window[0].to`,
      'is missing; write when it closes',
    ],
    [
      'an invalid time of day',
      policy('{ window: [{ from: "9:00", to: "10:00" }] }'),
      `3:32: ${P}.window[0].from`,
      '"9:00" is not a time of day from "00:00" to "23:59"',
    ],
    [
      'a window of zero length',
      policy('{ window: [{ from: "09:00", to: "09:00" }] }'),
      `3:24: ${P}.window[0]`,
      'for a whole day, write from: "00:00", to: "24:00"',
    ],
    [
      'an invalid day',
      policy('{ window: [{ days: [monday], from: "09:00", to: "10:00" }] }'),
      `3:33: ${P}.window[0].days[0]`,
      'is not a day; write mon',
    ],
    [
      'an empty list of days',
      policy('{ window: [{ days: [], from: "09:00", to: "10:00" }] }'),
      `3:32: ${P}.window[0].days`,
      'names no day',
    ],
    [
      'an invalid time zone',
      policy('{ window: [{ from: "09:00", to: "10:00", timezone: Berlin }] }'),
      `3:64: ${P}.window[0].timezone`,
      '"Berlin" is not a time zone; write e.g. Europe/Berlin',
    ],
    [
      'more approvals than approvers',
      policy('{ approval: { required: 2, of: [anna] } }'),
      `3:25: ${P}.approval`,
      'requires 2 approvals, but of names only 1',
    ],
    [
      'an approver twice',
      policy('{ approval: { of: [anna, anna] } }'),
      `3:38: ${P}.approval.of[1]`,
      'is listed twice',
    ],
    [
      'an empty list of approvers',
      policy('{ approval: { of: [] } }'),
      `3:31: ${P}.approval.of`,
      'names no one',
    ],
    [
      'a promotion without an environment',
      policy('{ promoteFrom: { after: 1m } }'),
      `3:15: ${FROM}.environment`,
      'is missing; name the environment',
    ],
    [
      'an undefined source environment',
      promoted('{ promoteFrom: { environment: qa } }'),
      `3:28: ${FROM}`,
      'no environment "qa" is defined in this file; write staging or test',
    ],
    [
      'an undefined source service',
      promoted('{ promoteFrom: { environment: test, service: api } }'),
      `3:28: ${FROM}`,
      'has no service "api"',
    ],
    [
      'a source with another image',
      promoted('{ promoteFrom: { environment: test } }').replace(
        'test, image: acme/web',
        'test, image: acme/api',
      ),
      `3:28: ${FROM}`,
      'test/web runs docker.io/acme/api, but web runs docker.io/acme/web',
    ],
    [
      'a circular promotion',
      promoted('{ promoteFrom: { environment: staging } }'),
      `3:28: ${FROM}`,
      'leads back to this service itself',
    ],
    [
      'a freeze without a reason',
      'freezes: [{ from: 2026-12-24, to: 2026-12-26 }]\n',
      '1:11: freezes[0].reason',
      'write the reason that users are shown',
    ],
    [
      'a date that does not exist',
      'freezes: [{ from: 2026-02-30, to: 2026-12-26, reason: x }]\n',
      '1:19: freezes[0].from',
      'is not a date or date-time',
    ],
    [
      'a freeze that ends before it begins',
      'freezes: [{ from: 2026-12-26, to: 2026-12-24, reason: x }]\n',
      '1:35: freezes[0].to',
      'is not after from',
    ],
    [
      'a freeze of an undefined environment',
      'freezes: [{ from: 2026-12-24, to: 2026-12-26, reason: x, environments: [qa] }]\n',
      '1:73: freezes[0].environments[0]',
      'no environment "qa"',
    ],
  ]);
});

describe('a valid policy', () => {
  it('is read, and merged with the environment’s', () => {
    const { environments } = configurationOf(`
environments:
  test:
    ${WEB.replace('container: web', 'container: test')}
  staging:
    policy:
      delay: 10m
      window: [{ days: [thu, mon], from: "22:00", to: "04:00", timezone: Europe/Berlin }, { from: "00:00", to: "24:00" }]
      approval: { required: 2, of: [anna, ben], expires: 2h }
      promoteFrom: { environment: test, after: 30m }
      poll: 5m
    services:
      web: { container: web, image: acme/web, tag: latest, policy: { delay: 0s, window: [], approval: { required: 0 } } }
`);
    const staging = environments.find(({ name }) => name === 'staging');
    expect(staging?.policy).toEqual({
      delayMs: 600_000,
      windows: [
        { days: ['mon', 'thu'], from: 1_320, to: 240, timezone: 'Europe/Berlin' },
        {
          days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
          from: 0,
          to: 1_440,
          timezone: 'UTC',
        },
      ],
      approval: { required: 2, of: ['anna', 'ben'], expiresMs: 7_200_000 },
      promoteFrom: { environment: 'test', service: '', afterMs: 1_800_000 },
      pollMs: 300_000,
    });
    expect(staging?.services[0]?.policy).toEqual({
      delayMs: 0,
      windows: [],
      approval: null,
      promoteFrom: { environment: 'test', service: 'web', afterMs: 1_800_000 },
      pollMs: 300_000,
    });
  });

  it('has freezes that include their last day, in their own time zone', () => {
    const { freezes } = configurationOf(`
freezes:
  - { from: 2026-12-24, to: 2026-12-26, timezone: Europe/Berlin, reason: Christmas }
  - { from: "2026-11-27T08:00", to: "2026-11-27T20:00:00Z", timezone: America/New_York, reason: sale, environments: [a] }
environments: { a: {} }
`);
    expect(freezes).toEqual([
      {
        from: '2026-12-23T23:00:00.000Z',
        to: '2026-12-26T23:00:00.000Z',
        reason: 'Christmas',
        environments: null,
      },
      {
        from: '2026-11-27T13:00:00.000Z',
        to: '2026-11-27T20:00:00.000Z',
        reason: 'sale',
        environments: ['a'],
      },
    ]);
  });
});
