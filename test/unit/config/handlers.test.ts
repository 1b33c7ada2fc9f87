import { describe, expect, it } from 'vitest';
import { ConfigurationFolder } from './configuration-folder.js';
import { ENVIRONMENT, HUB, itReports, STAGING, TAG, WEB } from './fault-cases.js';

const VALID = 'export const decide = (deployment, api) => api.deploy();\n';

describe('handlers', () => {
  it('come from the service, else from its environment; relative paths start at the folder of the file', () => {
    const folder = new ConfigurationFolder()
      .write(
        `${HUB}    handler: ./handlers/hub.mjs
environments:
  staging:
    handler: handlers/all.mjs
    services:
      web: { container: web, image: acme/web, tag: latest, handler: ./web.mjs }
      api: { container: api, image: acme/api, tag: latest }
  other:
    services:
      docs: { container: docs, image: acme/docs, tag: latest }
`,
      )
      .write(VALID, 'handlers/hub.mjs')
      .write(VALID, 'handlers/all.mjs')
      .write(VALID, 'web.mjs');
    const { webhooks, environments, handlers } = folder.sound(ENVIRONMENT);
    expect(webhooks[0]?.handler).toEqual({
      name: './handlers/hub.mjs',
      path: `${folder.path}/handlers/hub.mjs`,
    });
    const services = environments.flatMap((environment) => environment.services);
    expect(services.map(({ name, handler }) => [name, handler?.name ?? null])).toEqual([
      ['web', './web.mjs'],
      ['api', 'handlers/all.mjs'],
      ['docs', null],
    ]);
    expect(handlers).toEqual({ timeoutMs: 10_000, hosts: [] });
  });

  it('share a timeout and hosts', () => {
    const text = 'handlers: { timeout: 30s, hosts: [Queue.lan, "10.0.0.5:15672", "[::1]:80"] }\n';
    expect(new ConfigurationFolder().write(text).sound().handlers).toEqual({
      timeoutMs: 30_000,
      hosts: ['queue.lan', '10.0.0.5:15672', '[::1]:80'],
    });
  });

  itReports([
    [
      'a missing handler',
      `${WEB}${TAG}        handler: ./gone.mjs\n`,
      '8:18: environments.staging.services.web.handler',
      "relative paths start at this file's folder",
    ],
    [
      'a missing handler of an environment',
      `${STAGING}    handler: ./gone.mjs\n`,
      '3:14: environments.staging.handler',
      'ENOENT',
    ],
    [
      'a missing handler of a webhook',
      `${HUB}    handler: ./gone.mjs\n`,
      '5:14: webhooks.hub.handler',
      'ENOENT',
    ],
    [
      'a handler that is not an ES module',
      `${STAGING}    handler: ./web.js\n`,
      '3:14: environments.staging.handler',
      'must end in .mjs',
    ],
    [
      'a handler without a path',
      `${STAGING}    handler:\n`,
      '3:5: environments.staging.handler',
      'is empty; write a string',
    ],
    [
      'several handlers',
      `${STAGING}    handler: [a.mjs]\n`,
      '3:14: environments.staging.handler',
      'must be a string, not a list',
    ],
    [
      'a timeout that is too short',
      'handlers: { timeout: 1ms }\n',
      '1:22: handlers.timeout',
      'from 100ms to 5m',
    ],
    [
      'a host that is not in a list',
      'handlers: { hosts: queue.lan }\n',
      '1:20: handlers.hosts',
      'a list',
    ],
    [
      'a URL as a host',
      'handlers: { hosts: ["http://queue.lan/x"] }\n',
      '1:21: handlers.hosts[0]',
      'write e.g. queue.lan',
    ],
  ]);

  it.each([
    ['a folder', '.mjs/x', 'is not a file'],
    ['invalid JavaScript', '.mjs', 'SyntaxError: Unexpected end of input (line 2)'],
  ])('must be readable modules, not %s', (_what, name, message) => {
    const folder = new ConfigurationFolder()
      .write(`${STAGING}    handler: ./h.mjs\n`)
      .write('export const decide = () => {\n', `h${name}`);
    expect(folder.faults()).toEqual([
      expect.stringMatching(/^3:14: environments\.staging\.handler: /),
    ]);
    expect(folder.faults()[0]).toContain(message);
  });
});
