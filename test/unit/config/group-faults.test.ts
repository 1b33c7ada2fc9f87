import { describe, expect, it } from 'vitest';
import { configurationOf } from './configuration-folder.js';
import { itReports, STAGING } from './fault-cases.js';

const SERVICES = [
  '    services:',
  '      api: { container: api, image: acme/api, tag: latest }',
  '      web: { container: web, image: acme/web, tag: latest }',
  '',
].join('\n');
const grouped = (text: string): string => `${STAGING}    group: ${text}\n${SERVICES}`;
const G = 'environments.staging.group';

describe('a group', () => {
  itReports([
    ['without its order', grouped('{ settle: 1m }'), `3:5: ${G}.order`, 'is missing; name the'],
    ['of no list', grouped('{ order: api }'), `3:21: ${G}.order`, 'a list'],
    ['of one', grouped('{ order: [api] }'), `3:21: ${G}.order`, 'fewer than two services'],
    [
      'of a service that is not there',
      grouped('{ order: [api, wbe] }'),
      `3:27: ${G}.order[1]`,
      'this environment has no service "wbe"; it has: api or web',
    ],
    [
      'with a service twice',
      grouped('{ order: [api, web, api] }'),
      `3:32: ${G}.order[2]`,
      '"api" stands twice in the list; a service moves once',
    ],
    [
      'with another end',
      grouped('{ order: [api, web], onFailure: rollback }'),
      `3:44: ${G}.onFailure`,
      'rollback-all',
    ],
    [
      'that settles too long',
      grouped('{ order: [api, web], settle: 2h }'),
      `3:41: ${G}.settle`,
      'from 0s to 1h',
    ],
  ]);

  it('has an order, waits 30 s for further pushes, and goes back together', () => {
    const [environment] = configurationOf(grouped('{ order: [web, api] }')).environments;
    expect(environment?.group).toEqual({
      order: ['web', 'api'],
      onFailure: 'rollback-all',
      settleMs: 30_000,
    });
  });

  it('is none where nothing is said', () => {
    expect(configurationOf(`${STAGING}${SERVICES}`).environments[0]?.group).toBeNull();
  });
});
