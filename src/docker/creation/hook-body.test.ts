import { describe, expect, it } from 'vitest';
import { hookReplacementOf, type HookWish } from './hook-body.js';
import type { ReplacementInput } from './options/replacement-input.js';
import { aContainer, anImage, aReplacementInput } from '../testing/inspection-builders.js';

const CONTAINER = aContainer({
  Config: {
    Hostname: 'shop-host',
    Domainname: 'example.com',
    User: '1000',
    WorkingDir: '/srv',
    Tty: true,
    OpenStdin: true,
    Env: ['A=service', 'B=service', 'OF_IMAGE=1'],
    Cmd: ['serve'],
    Labels: { 'com.example.route': 'web', 'com.docker.compose.service': 'web' },
    ExposedPorts: { '80/tcp': {} },
    Healthcheck: { Test: ['CMD', 'true'] },
  },
  HostConfig: {
    NetworkMode: 'front',
    PortBindings: { '80/tcp': [{ HostPort: '8080' }] },
    PublishAllPorts: true,
    RestartPolicy: { Name: 'always' },
    AutoRemove: true,
    ContainerIDFile: '/run/web.cid',
    LogConfig: { Type: 'none' },
    Binds: ['data:/data', '/etc/shop:/etc/shop:ro'],
    Memory: 1_000_000,
  },
  Mounts: [{ Type: 'volume', Name: 'f00d', Destination: '/anonymous', Driver: 'local', RW: true }],
  networks: {
    front: { Aliases: ['shop'], IPAMConfig: { IPv4Address: '10.1.0.9' }, Links: ['db:database'] },
    back: { Aliases: ['shop-back'] },
  },
});

function made(wish: Partial<HookWish> = {}, parts: Partial<ReplacementInput> = {}) {
  const input = aReplacementInput({
    container: CONTAINER,
    oldImage: anImage({ Env: ['OF_IMAGE=1'] }),
    image: 'sha256:new',
    labels: { 'deploy.role': 'hook' },
    ...parts,
  });
  const { body, ...rest } = hookReplacementOf(input, { command: null, env: {}, ...wish });
  return { ...rest, body, host: body['HostConfig'] as Record<string, unknown> };
}

describe('the one-off container of a hook', () => {
  it('has the user, folder, variables, volumes and limits of the service on the requested image', () => {
    const { body, host } = made();
    expect(body).toMatchObject({ Image: 'sha256:new', User: '1000', WorkingDir: '/srv' });
    expect(body['Env']).toEqual(['A=service', 'B=service']);
    expect(host).toMatchObject({
      Binds: ['data:/data', '/etc/shop:/etc/shop:ro'],
      Mounts: [{ Type: 'volume', Source: 'f00d', Target: '/anonymous' }],
      Memory: 1_000_000,
    });
  });

  it('has nothing by which it could be found as the service or restarted', () => {
    const { body, host } = made();
    for (const field of ['Hostname', 'Domainname', 'ExposedPorts', 'Tty', 'OpenStdin']) {
      expect(body).not.toHaveProperty(field);
    }
    expect(body).toMatchObject({
      Labels: { 'deploy.role': 'hook' },
      Healthcheck: { Test: ['NONE'] },
    });
    expect(Object.keys(body['Labels'] as object)).toEqual(['deploy.role']);
    expect(host).toMatchObject({
      PortBindings: {},
      PublishAllPorts: false,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      AutoRemove: false,
      LogConfig: { Type: 'json-file' },
    });
    expect(host).not.toHaveProperty('ContainerIDFile');
  });

  it.each(['1.41', '1.44'])('is on every network, without names and addresses: API %s', (api) => {
    const { body, furtherNetworks } = made({}, { apiVersion: api });
    const { EndpointsConfig: atOnce } = body['NetworkingConfig'] as { EndpointsConfig: object };
    const later = furtherNetworks.map(({ name, endpoint }) => [name, endpoint] as const);
    expect({ ...atOnce, ...Object.fromEntries(later) }).toEqual({
      front: { Links: ['db:database'] },
      back: {},
    });
  });

  it('runs its own command and variables, else those of the service', () => {
    expect(made().body['Cmd']).toEqual(['serve']);
    const { body } = made({ command: ['bin/migrate'], env: { B: 'own', C: 'own' } });
    expect(body['Cmd']).toEqual(['bin/migrate']);
    expect(body['Env']).toEqual(['A=service', 'B=own', 'C=own']);
  });
});
