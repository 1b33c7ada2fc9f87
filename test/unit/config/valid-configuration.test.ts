import { describe, expect, it } from 'vitest';
import { ConfigurationFolder, configurationOf } from './configuration-folder.js';

const A = 'a'.repeat(24);
const B = 'b'.repeat(24);

describe('a valid configuration', () => {
  it('has only defaults if the file is {}', () => {
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

  it('reads empty values as empty maps', () => {
    const text =
      'server:\naccess:\nengines:\n  local:\nregistries:\nwebhooks:\nenvironments:\n  a:\n';
    expect(configurationOf(text)).toMatchObject({
      engines: [{ name: 'local' }],
      environments: [{ name: 'a', engine: 'local', services: [] }],
    });
  });

  it('reads the server section', () => {
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

  it('reads tokens and webhooks with their secrets', () => {
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

  it('reads secrets from files, relative to its own folder, without the trailing newline', () => {
    const folder = new ConfigurationFolder()
      .write(`${A}\r\n`, 'secrets/hub')
      .write("webhooks: { hub: { type: docker-hub, secret: '${file:secrets/hub}' } }\n");
    expect(folder.sound().webhooks[0]?.secrets[0]?.reveal()).toBe(A);
  });

  it('reads registries under the names that images use', () => {
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
  it('is read from the file; a day or more', () => {
    expect(configurationOf('retention: 24h\n').retentionMs).toBe(86_400_000);
    expect(configurationOf('retention: 36500d\n').retentionMs).toBe(36_500 * 86_400_000);
  });
});

describe('storage', () => {
  it('comes from DEPLOY_STORAGE, else from the file; relative paths start at the folder of the file', () => {
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
