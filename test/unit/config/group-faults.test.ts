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
    ['whose order is not a list', grouped('{ order: api }'), `3:21: ${G}.order`, 'a list'],
    ['of one service', grouped('{ order: [api] }'), `3:21: ${G}.order`, 'fewer than two services'],
    [
      'of an undefined service',
      grouped('{ order: [api, wbe] }'),
      `3:27: ${G}.order[1]`,
      'this environment has no service "wbe"; write api or web',
    ],
    [
      'with a service twice',
      grouped('{ order: [api, web, api] }'),
      `3:32: ${G}.order[2]`,
      '"api" is listed twice; list each service once',
    ],
    [
      'with an unknown onFailure',
      grouped('{ order: [api, web], onFailure: rollback }'),
      `3:44: ${G}.onFailure`,
      'rollback-all',
    ],
    [
      'with a settle time that is too long',
      grouped('{ order: [api, web], settle: 2h }'),
      `3:41: ${G}.settle`,
      'from 0s to 1h',
    ],
  ]);

  it('keeps its order, and by default waits 30 s for further pushes and is rolled back as a whole', () => {
    const [environment] = configurationOf(grouped('{ order: [web, api] }')).environments;
    expect(environment?.group).toEqual({
      order: ['web', 'api'],
      onFailure: 'rollback-all',
      settleMs: 30_000,
    });
  });

  it('is null if it is not configured', () => {
    expect(configurationOf(`${STAGING}${SERVICES}`).environments[0]?.group).toBeNull();
  });
});
