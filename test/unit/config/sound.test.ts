import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../../src/domain/policy-settings.js';
import { ConfigurationFolder, configurationOf } from './configuration-folder.js';

const A = 'a'.repeat(24);
const B = 'b'.repeat(24);

describe('a sound configuration', () => {
  it('is all defaults where the file says nothing', () => {
    const folder = new ConfigurationFolder().write('{}\n');
    expect(folder.sound()).toEqual({
      publicUrl: null,
      storage: { kind: 'sqlite', path: `${folder.path}/data/deploy.db` },
      retentionMs: 90 * 86_400_000,
      trustedProxies: [],
      metricsListen: null,
      throttle: {
        webhook: { limit: 120, perMs: 60_000 },
        api: { limit: 600, perMs: 60_000 },
        failedAuth: { limit: 10, perMs: 60_000 },
      },
      handlers: { timeoutMs: 10_000, hosts: [] },
      tokens: [],
      engines: [{ name: 'local', host: 'unix:///var/run/docker.sock', tls: null }],
      registries: [],
      webhooks: [],
      environments: [],
      freezes: [],
    });
  });

  it('takes maps without anything in them as empty', () => {
    const text =
      'server:\naccess:\nengines:\n  local:\nregistries:\nwebhooks:\nenvironments:\n  a:\n';
    expect(configurationOf(text)).toMatchObject({
      engines: [{ name: 'local' }],
      environments: [{ name: 'a', engine: 'local', services: [] }],
    });
  });

  it('carries everything that the server section says', () => {
    const text = `
server:
  publicUrl: https://deploy.example.com/cd/
  trustedProxies: [10.0.0.0/8, 192.0.2.1, '2001:db8::1', '::ffff:198.51.100.0/120']
  metricsListen: '[::1]:9090'
  throttle: { webhook: { limit: 0 }, api: { per: 500ms }, failedAuth: { limit: 3, per: 24h } }
`;
    expect(configurationOf(text)).toMatchObject({
      publicUrl: 'https://deploy.example.com/cd',
      trustedProxies: ['10.0.0.0/8', '192.0.2.1/32', '2001:db8::1/128', '198.51.100.0/24'],
      metricsListen: { host: '::1', port: 9090 },
      throttle: {
        webhook: { limit: 0, perMs: 60_000 },
        api: { limit: 600, perMs: 500 },
        failedAuth: { limit: 3, perMs: 86_400_000 },
      },
    });
  });

  it('carries tokens and webhooks with their secrets', () => {
    const text = `
access: { tokens: [{ name: ci, role: operator, secret: '\${A}', environments: [staging] }] }
webhooks:
  hub: { type: docker-hub, secret: ['\${B}', 'pre\${C:-cccccccccc}fix$x$$'], allowFrom: [203.0.113.7], environments: [staging] }
  other: { type: docker-hub, secret: dddddddddddddddddddd, registry: registry.example.com:5000 }
environments: { staging: {} }
`;
    const { tokens, webhooks } = configurationOf(text, { A, B });
    expect(tokens).toMatchObject([{ name: 'ci', role: 'operator', environments: ['staging'] }]);
    expect(tokens[0]?.secret.reveal()).toBe(A);
    expect(webhooks).toMatchObject([
      {
        name: 'hub',
        type: 'docker-hub',
        registry: 'docker.io',
        allowFrom: ['203.0.113.7/32'],
        environments: ['staging'],
      },
      {
        name: 'other',
        registry: 'registry.example.com:5000',
        allowFrom: null,
        environments: null,
      },
    ]);
    expect(webhooks.map(({ secrets }) => secrets.map((secret) => secret.reveal()))).toEqual([
      [B, 'preccccccccccfix$x$$'],
      ['d'.repeat(20)],
    ]);
  });

  it('gives DEPLOY_ADMIN_TOKEN the role admin', () => {
    const { tokens } = configurationOf('{}', { DEPLOY_ADMIN_TOKEN: A });
    expect(tokens).toMatchObject([{ name: 'admin', role: 'admin', environments: null }]);
    expect(tokens[0]?.secret.reveal()).toBe(A);
  });

  it('reads secrets from files, relative to its own folder, without the newline at their end', () => {
    const folder = new ConfigurationFolder()
      .write(`${A}\r\n`, 'secrets/hub')
      .write("webhooks: { hub: { type: docker-hub, secret: '${file:secrets/hub}' } }\n");
    expect(folder.sound().webhooks[0]?.secrets[0]?.reveal()).toBe(A);
  });

  it('carries registries under the names that images use', () => {
    const text = `
registries:
  https://index.docker.io/v1/: { username: acme, password: x }
  http://localhost:5000: {}
  http://registry.lan: { insecure: true }
  ghcr.io: { username: 007, password: 1234 }
`;
    const { registries } = configurationOf(text);
    expect(registries).toMatchObject([
      { host: 'docker.io', username: 'acme', insecure: false },
      { host: 'localhost:5000', username: null, password: null, insecure: false },
      { host: 'registry.lan', insecure: true },
      { host: 'ghcr.io', username: '007' },
    ]);
    expect(registries[3]?.password?.reveal()).toBe('1234');
  });
});

describe('retention', () => {
  it('is what the file says, of a day or more', () => {
    expect(configurationOf('retention: 24h\n').retentionMs).toBe(86_400_000);
    expect(configurationOf('retention: 36500d\n').retentionMs).toBe(36_500 * 86_400_000);
  });
});

describe('storage', () => {
  it('is what DEPLOY_STORAGE says rather than the file, relative to the folder of the file', () => {
    const folder = new ConfigurationFolder().write("storage: 'sqlite:${WHERE:-a}/x.db'\n");
    expect(folder.sound().storage.path).toBe(`${folder.path}/a/x.db`);
    expect(folder.sound({ WHERE: '/b' }).storage.path).toBe('/b/x.db');
    expect(folder.sound({ DEPLOY_STORAGE: 'sqlite:c.db' }).storage.path).toBe(
      `${folder.path}/c.db`,
    );
    expect(folder.sound({ DEPLOY_STORAGE: 'sqlite:///d.db' }).storage.path).toBe('/d.db');
    expect(folder.sound({ DEPLOY_STORAGE: '' }).storage.path).toBe(`${folder.path}/a/x.db`);
  });
});

/** What a rollout is where nothing is said of it, but for its health. */
const PLAIN = {
  strategy: 'recreate',
  fallback: false,
  watchMs: null,
  drain: null,
  aliases: 'when-healthy',
  overlap: 'forbidden',
  onFailure: 'rollback',
  keepImages: 2,
} as const;

describe('environments', () => {
  it('carry services with canonical repositories, tag rules and the defaults of a rollout', () => {
    const text = `
environments:
  staging:
    policy: {}
    rollout: { strategy: recreate, fallback: false, watch: 0s, aliases: when-healthy, overlap: forbidden }
    services:
      a: { container: ab, image: nginx, tag: 1.10 }
      b: { container: bc, image: ghcr.io/acme/b, tag: { semver: '^1.4' } }
      c: { container: cd, image: acme/c, tag: { glob: 'release-*' } }
      d: { container: de, image: acme/d, tag: { regex: '^v\\d+$' } }
`;
    const [staging] = configurationOf(text).environments;
    expect(staging?.services[0]).toEqual({
      name: 'a',
      environment: 'staging',
      engine: 'local',
      container: 'ab',
      repository: 'docker.io/library/nginx',
      tagRule: { kind: 'exact', tag: '1.10' },
      policy: NO_POLICY,
      handler: null,
      rollout: {
        ...PLAIN,
        watchMs: 0,
        health: { timeoutMs: null, stableForMs: null, probe: null },
      },
      hooks: { before: [], after: [], onFailure: [] },
    });
    expect(staging?.services.slice(1).map((each) => [each.repository, each.tagRule])).toEqual([
      ['ghcr.io/acme/b', { kind: 'semver', range: '^1.4' }],
      ['docker.io/acme/c', { kind: 'glob', pattern: 'release-*' }],
      ['docker.io/acme/d', { kind: 'regex', pattern: '^v\\d+$' }],
    ]);
  });

  it('carry what a rule ignores as a list, and whether it may go down', () => {
    const text = `
environments:
  staging:
    services:
      a: { container: ab, image: a/b, tag: { semver: '^1', allowDowngrade: true, ignore: ['*-debug', '*-arm'] } }
      b: { container: bc, image: a/b, tag: { ignore: '*-debug', glob: '*' } }
      c: { container: cd, image: a/b, tag: { regex: '.', ignore: [1.10] } }
`;
    expect(configurationOf(text).environments[0]?.services.map(({ tagRule }) => tagRule)).toEqual([
      { kind: 'semver', range: '^1', allowDowngrade: true, ignore: ['*-debug', '*-arm'] },
      { kind: 'glob', pattern: '*', ignore: ['*-debug'] },
      { kind: 'regex', pattern: '.', ignore: ['1.10'] },
    ]);
  });

  it('let a service override the rollout key by key, and a probe as a whole', () => {
    const text = `
environments:
  staging:
    rollout: { onFailure: leave, health: { timeout: 2m, stableFor: 1s, http: { port: 80, path: /up, status: 204 } } }
    services:
      a: { container: ab, image: acme/a, tag: x }
      b: { container: bc, image: acme/b, tag: x, rollout: { onFailure: rollback, health: { stableFor: 0s, tcp: { port: 81 } } } }
      c: { container: cd, image: acme/c, tag: x, rollout: { health: { http: { port: 82 } } } }
      d: { container: de, image: acme/d, tag: x, rollout: { health: { exec: { command: [check, 1], interval: 500ms } } } }
`;
    const rollouts = configurationOf(text).environments[0]?.services.map(({ rollout }) => rollout);
    const health = { timeoutMs: 120_000, stableForMs: 1000 };
    expect(rollouts).toEqual([
      {
        ...PLAIN,
        onFailure: 'leave',
        health: {
          ...health,
          probe: { kind: 'http', port: 80, path: '/up', status: 204, intervalMs: 1000 },
        },
      },
      {
        ...PLAIN,
        health: { ...health, stableForMs: 0, probe: { kind: 'tcp', port: 81, intervalMs: 1000 } },
      },
      {
        ...PLAIN,
        onFailure: 'leave',
        health: {
          ...health,
          probe: { kind: 'http', port: 82, path: '/', status: 200, intervalMs: 1000 },
        },
      },
      {
        ...PLAIN,
        onFailure: 'leave',
        health: { ...health, probe: { kind: 'exec', command: ['check', '1'], intervalMs: 500 } },
      },
    ]);
  });

  it('let a service override each setting of a strategy', () => {
    const text = `
environments:
  staging:
    rollout: { strategy: auto, fallback: true, watch: 1m, aliases: at-start, overlap: allowed, drain: { signal: SIGUSR1, wait: 5s }, keepImages: 5 }
    services:
      a: { container: ab, image: acme/a, tag: x }
      b: { container: bc, image: acme/b, tag: x, rollout: { strategy: handover, fallback: false, watch: 0s, aliases: when-healthy, overlap: forbidden, drain: { http: { port: 80, path: /drain } }, keepImages: 0 } }
`;
    const rollouts = configurationOf(text).environments[0]?.services.map(({ rollout }) => rollout);
    const health = { timeoutMs: null, stableForMs: null, probe: null };
    expect(rollouts).toEqual([
      {
        strategy: 'auto',
        fallback: true,
        watchMs: 60_000,
        aliases: 'at-start',
        overlap: 'allowed',
        drain: { signal: 'SIGUSR1', http: null, waitMs: 5_000 },
        onFailure: 'rollback',
        keepImages: 5,
        health,
      },
      {
        ...PLAIN,
        strategy: 'handover',
        watchMs: 0,
        drain: { signal: null, http: { port: 80, path: '/drain' }, waitMs: 0 },
        keepImages: 0,
        health,
      },
    ]);
  });

  it('may have the same container on two engines, and share values by alias', () => {
    const text = `
engines: { local: {}, two: { host: 'unix:///run/two.sock' } }
environments:
  a: { services: &services { web: { container: web, image: acme/web, tag: x } } }
  b: { engine: two, services: *services }
`;
    const services = configurationOf(text).environments.flatMap(
      (environment) => environment.services,
    );
    expect(services.map(({ environment, engine }) => [environment, engine])).toEqual([
      ['a', 'local'],
      ['b', 'two'],
    ]);
  });
});
