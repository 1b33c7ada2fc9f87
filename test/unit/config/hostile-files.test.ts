import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/config/load-configuration.js';
import { randomFrom } from '../random.js';
import { ConfigurationFolder, faultsOf } from './configuration-folder.js';

const EXAMPLE = readFileSync(new URL('../../../deploy.example.yaml', import.meta.url), 'utf8');

describe('hostile files', () => {
  it('cause all faults at once, in file order', () => {
    const faults = faultsOf(
      'webhooks:\n  hub: { type: ghcr, secret: x, allowFrom: y }\nenvironments:\n  a b: { engin: 1 }\n' +
        'server: { throttle: { api: { limit: x, per: y } } }\nretention: 1w\n',
      { DEPLOY_LISTEN: 'x' },
    );
    expect(faults.map((fault) => fault.split(': ', 2).join(': '))).toEqual([
      '1:1: DEPLOY_LISTEN',
      '2:16: webhooks.hub.type',
      '2:30: webhooks.hub.secret',
      '2:44: webhooks.hub.allowFrom',
      '4:3: environments."a b"',
      '4:10: environments."a b".engin',
      '5:37: server.throttle.api.limit',
      '5:45: server.throttle.api.per',
      '6:12: retention',
    ]);
  });

  it('that are missing or folders cause a fault that explains DEPLOY_CONFIG', () => {
    const folder = new ConfigurationFolder();
    const hint = 'set DEPLOY_CONFIG to the path of the configuration file (default ./deploy.yaml)';
    expect(folder.faults()).toEqual([`1:1: DEPLOY_CONFIG: the file does not exist; ${hint}`]);
    mkdirSync(folder.file);
    expect(folder.faults()).toEqual([
      '1:1: DEPLOY_CONFIG: is not a file; write the path of the YAML file',
    ]);
    const path = join(folder.path, 'x\0y');
    expect(loadConfiguration(path, {})).toMatchObject({ faults: [{ path: 'DEPLOY_CONFIG' }] });
  });

  it('are refused if larger than 1 MiB', () => {
    expect(faultsOf('#'.repeat(1_048_577))).toEqual([expect.stringContaining('larger than 1 MiB')]);
  });

  it.each([
    ['lists in lists', '- '.repeat(10_000)],
    ['brackets', '['.repeat(20_000)],
    ['maps', '{a: '.repeat(10_000)],
    ['explicit keys', '? '.repeat(10_000)],
  ])('do not crash it with very deep %s', (_what, text) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining('nested too deeply')]);
  });

  it('do not stall it with aliases that multiply values', () => {
    const services = Array.from(
      { length: 500 },
      (_, index) => `s${String(index)}: { container: c${String(index)}, image: a/b, tag: t }`,
    );
    const environments = Array.from(
      { length: 500 },
      (_, index) => `  e${String(index)}: { services: *all }\n`,
    );
    const text = `environments:\n  first: { services: &all { ${services.join(', ')} } }\n${environments.join('')}`;
    expect(faultsOf(text)).toContainEqual(expect.stringContaining('more than 50000 values'));
  });

  it('may have a recursive alias, which is an ordinary fault', () => {
    expect(faultsOf('environments: &e\n  a: *e\n')).toEqual([
      expect.stringMatching(/^2:3: environments\.a\.a: unknown key a/),
    ]);
  });

  it('may use names of prototype properties, which are ordinary names', () => {
    expect(faultsOf('constructor: 1\n__proto__: 2\n').map((fault) => fault.slice(0, 5))).toEqual([
      '1:1: ',
      '2:1: ',
    ]);
    expect(faultsOf('environments: { constructor: {}, toString: {} }\n')).toEqual([]);
    const reference = 'webhooks: { a: { type: docker-hub, secret: "${constructor}" } }\n';
    expect(faultsOf(reference)[0]).toContain('constructor is not set');
  });

  it('have correct line numbers after an unclosed quote', () => {
    const text = "server:\n 'a:\n  'https'\n b:\n  - '1'\n  - 'u\nx:\n  'y'\n";
    expect(faultsOf(text).map((fault) => fault.split(' ', 1)[0])).toEqual(['2:2:', '3:4:', '6:7:']);
  });

  it('cause messages without raw control characters, including those that change the text direction', () => {
    const text = 'a\u007f: 1\nb\u202e: 1\nc\u2028: 1\nserver: { publicUrl: "x\u009b31m" }\n';
    const faults = faultsOf(text);
    expect(faults).toHaveLength(4);
    expect(faults.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(faults[0]).toContain(String.raw`"a\u007f": unknown key "a\u007f"`);
  });

  it('never make it throw, whatever is changed in the example', () => {
    const random = randomFrom(20);
    const scraps = [
      '{',
      '}',
      '[',
      ']',
      ':',
      '\t',
      '\n',
      '- ',
      '&a ',
      '*a',
      '!!x ',
      '|',
      "'",
      '"',
      '#',
      '${',
      '~',
      '\0',
      '?',
    ];
    const environment = { HUB_SECRET: 'h'.repeat(30), DEPLOY_CI_TOKEN: 'c'.repeat(30) };
    const folder = new ConfigurationFolder();
    let faulty = 0;
    for (let round = 0; round < 200; round += 1) {
      let text = EXAMPLE;
      for (let change = random(3); change >= 0; change -= 1) {
        const at = random(text.length);
        const scrap = scraps[random(scraps.length)] ?? '';
        text = text.slice(0, at) + scrap + text.slice(at + random(12));
      }
      const faults = folder.write(text).faults(environment);
      if (faults.length > 0) faulty += 1;
      for (const fault of faults) expect(fault).toMatch(/^\d+:\d+: [^\n]+: [^\n]+$/);
    }
    expect(faulty).toBeGreaterThan(40);
  });
});

describe('secrets', () => {
  const canary = 'CANARY';

  it.each([
    ['a short secret', `webhooks: { a: { type: docker-hub, secret: ${canary} } }`],
    [
      'a secret twice',
      `webhooks: { a: { type: docker-hub, secret: [${canary}${canary}${canary}${canary}, ${canary}${canary}${canary}${canary}] } }`,
    ],
    [
      'a secret in a map',
      `webhooks: { a: { type: docker-hub, secret: { ${canary}: ${canary} } } }`,
    ],
    ['a short default', `webhooks: { a: { type: docker-hub, secret: "\${X:-${canary}}" } }`],
    [
      'a malformed default',
      `webhooks: { a: { type: docker-hub, secret: "\${X:-${canary}\${Y}}" } }`,
    ],
    ['a malformed reference', `webhooks: { a: { type: docker-hub, secret: "\${${canary}!}" } }`],
    ['a short variable', 'webhooks: { a: { type: docker-hub, secret: "${SHORT}" } }'],
    ['an alias', `webhooks: { a: { type: docker-hub, secret: *${canary} } }`],
    ['a tag', `webhooks: { a: { type: docker-hub, secret: !${canary} } }`],
    ['a tag with a string', `webhooks: { a: { type: docker-hub, secret: !x ${canary} } }`],
    ['an escape', `webhooks: { a: { type: docker-hub, secret: "\\${canary}" } }`],
    ['an unclosed quote', `webhooks:\n  a:\n    type: docker-hub\n    secret: "${canary}\n`],
    ['a second colon', `webhooks:\n  a:\n    secret: ${canary}: ${canary}\n`],
    ['a missing colon', `webhooks:\n  a:\n    secret ${canary}\n    type: docker-hub\n`],
    ['an unquoted reference', `webhooks: { a: { secret: \${${canary}} } }`],
    ['a block', `webhooks:\n  a:\n    secret: |${canary}\n      x\n`],
    ['a token', `access: { tokens: [{ name: a, role: b, secret: ${canary} }] }`],
    ['a token as a string', `access: { tokens: [${canary}] }`],
    ['a password without user', `registries: { ghcr.io: { password: ${canary} } }`],
    ['a password as registry', `registries: { ghcr.io: ${canary} }`],
    ['a password in a registry', `registries: { "http://u:${canary}@r.example.com": {} }`],
    ['a password in an engine', `engines: { a: { host: "tcp://u:${canary}@10.0.0.1" } }`],
    ['a password in a URL', `server: { publicUrl: "https://u:${canary}@x" }`],
    ['a password in storage', `storage: postgres://u:${canary}@h/d`],
    ['a password in an unknown storage', `storage: mysql://u:${canary}@h/d`],
    ['an admin token', '{}', { DEPLOY_ADMIN_TOKEN: canary }],
    ['storage from a variable', '{}', { DEPLOY_STORAGE: `mysql://u:${canary}@h/d` }],
    ['an engine from a variable', '{}', { DOCKER_HOST: `tcp://u:${canary}@h` }],
  ])('do not appear in faults: %s', (_what, text, environment: NodeJS.ProcessEnv = {}) => {
    const faults = faultsOf(`${text}\n`, { ...environment, SHORT: canary });
    expect(faults).not.toEqual([]);
    expect(faults.join('\n')).not.toContain(canary);
  });
});
