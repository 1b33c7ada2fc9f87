import { describe, expect, it } from 'vitest';
import { ConfigurationFolder } from './configuration-folder.js';
import { ENVIRONMENT, HUB, itReports, STAGING, TAG, WEB } from './fault-cases.js';

const SOUND = 'export const decide = (deployment, api) => api.deploy();\n';

describe('handlers', () => {
  it('are those of the service, else of its environment; paths count from the folder of the file', () => {
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
      .write(SOUND, 'handlers/hub.mjs')
      .write(SOUND, 'handlers/all.mjs')
      .write(SOUND, 'web.mjs');
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

  it('share a time and hosts', () => {
    const text = 'handlers: { timeout: 30s, hosts: [Queue.lan, "10.0.0.5:15672", "[::1]:80"] }\n';
    expect(new ConfigurationFolder().write(text).sound().handlers).toEqual({
      timeoutMs: 30_000,
      hosts: ['queue.lan', '10.0.0.5:15672', '[::1]:80'],
    });
  });

  itReports([
    [
      'a handler that is not there',
      `${WEB}${TAG}        handler: ./gone.mjs\n`,
      '8:18: environments.staging.services.web.handler',
      "relative paths count from this file's folder",
    ],
    [
      'a handler of an environment that is not there',
      `${STAGING}    handler: ./gone.mjs\n`,
      '3:14: environments.staging.handler',
      'ENOENT',
    ],
    [
      'a handler of a webhook that is not there',
      `${HUB}    handler: ./gone.mjs\n`,
      '5:14: webhooks.hub.handler',
      'ENOENT',
    ],
    [
      'a handler that is no module',
      `${STAGING}    handler: ./web.js\n`,
      '3:14: environments.staging.handler',
      'must end in .mjs',
    ],
    [
      'a handler without a name',
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
      'a time that is too short',
      'handlers: { timeout: 1ms }\n',
      '1:22: handlers.timeout',
      'from 100ms to 5m',
    ],
    ['one host', 'handlers: { hosts: queue.lan }\n', '1:20: handlers.hosts', 'a list'],
    [
      'a host that is an address',
      'handlers: { hosts: ["http://queue.lan/x"] }\n',
      '1:21: handlers.hosts[0]',
      'write e.g. queue.lan',
    ],
  ]);

  it.each([
    ['a folder', '.mjs/x', 'is not a file'],
    ['no JavaScript', '.mjs', 'SyntaxError: Unexpected end of input (line 2)'],
  ])('must be modules that can be read, not %s', (_what, name, said) => {
    const folder = new ConfigurationFolder()
      .write(`${STAGING}    handler: ./h.mjs\n`)
      .write('export const decide = () => {\n', `h${name}`);
    expect(folder.faults()).toEqual([
      expect.stringMatching(/^3:14: environments\.staging\.handler: /),
    ]);
    expect(folder.faults()[0]).toContain(said);
  });
});
