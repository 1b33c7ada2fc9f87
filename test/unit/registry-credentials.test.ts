import { mkdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CANARY, DockerLogins, login, printing } from '../support/docker-logins.js';
import {
  RegistryWorld,
  aRegistry,
  aRegistryLogin,
  failureOf,
  untilDone,
} from '../support/fake-registry.js';

const world = RegistryWorld.forEachTest();
const docker = new DockerLogins(world);

const inBase64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the source of credentials', () => {
  it('none: the pull is anonymous', async () => {
    expect(await docker.find('ghcr.io/acme/web')).toBeNull();
  });

  it('our configuration comes first', async () => {
    await docker.writeConfig({ auths: { 'ghcr.io': { auth: inBase64('file:file') } } });
    const registries = [aRegistryLogin('ghcr.io', 'ours')];
    const dockerAuthConfig = JSON.stringify({
      auths: { 'ghcr.io': { auth: inBase64('env:env') } },
    });
    expect(await docker.find('ghcr.io/acme/web', { registries, dockerAuthConfig })).toEqual(
      login('anna', 'ours'),
    );
    expect(await docker.find('ghcr.io/acme/web', { dockerAuthConfig })).toEqual(
      login('env', 'env'),
    );
    expect(await docker.find('ghcr.io/acme/web')).toEqual(login('file', 'file'));
  });

  it('an entry of our configuration without a login is passed over', async () => {
    await docker.writeConfig({ auths: { 'ghcr.io': { auth: inBase64('file:file') } } });
    expect(await docker.find('ghcr.io/acme/web', { registries: [aRegistry('ghcr.io')] })).toEqual(
      login('file', 'file'),
    );
  });

  it('the variable does not hide registries that it lacks', async () => {
    await docker.writeConfig({ auths: { 'ghcr.io': { auth: inBase64('file:file') } } });
    const dockerAuthConfig = JSON.stringify({
      auths: { 'quay.io': { auth: inBase64('env:env') } },
    });
    expect(await docker.find('ghcr.io/acme/web', { dockerAuthConfig })).toEqual(
      login('file', 'file'),
    );
  });

  it("a registry's own helper comes before the general one, and both come before auths", async () => {
    await docker.writeHelper('own', printing('own', 'x'));
    await docker.writeHelper('all', printing('all', 'x'));
    await docker.writeConfig({
      credHelpers: { 'ghcr.io': 'own' },
      credsStore: 'all',
      auths: { 'ghcr.io': { auth: inBase64('file:file') }, 'quay.io': {} },
    });
    expect(await docker.find('ghcr.io/acme/web')).toEqual(login('own', 'x'));
    expect(await docker.find('quay.io/acme/web')).toEqual(login('all', 'x', 'quay.io'));
  });

  it('a helper without credentials means anonymous: passwords in auths are ignored', async () => {
    await docker.writeHelper('all', 'echo "credentials not found in native keychain"', 'exit 1');
    await docker.writeConfig({
      credsStore: 'all',
      auths: { 'ghcr.io': { auth: inBase64('a:b') } },
    });
    expect(await docker.find('ghcr.io/acme/web')).toBeNull();
  });
});

describe("Docker's config file", () => {
  it.each([
    'https://index.docker.io/v1/',
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'https://registry-1.docker.io',
  ])('may call Docker Hub %s', async (key) => {
    await docker.writeConfig({ auths: { [key]: { auth: inBase64('anna:pass') } } });
    expect(await docker.find('docker.io/acme/web')).toEqual(
      login('anna', 'pass', 'https://index.docker.io/v1/'),
    );
  });

  it.each(['docker.io', 'index.docker.io', 'https://index.docker.io/v1/'])(
    'and so may our configuration: %s',
    async (host) => {
      expect(
        await docker.find('docker.io/acme/web', { registries: [aRegistryLogin(host, 'pass')] }),
      ).toEqual(login('anna', 'pass', 'https://index.docker.io/v1/'));
    },
  );

  it('prefers the exact key of Docker Hub', async () => {
    await docker.writeConfig({
      auths: {
        'index.docker.io': { auth: inBase64('other:other') },
        'https://index.docker.io/v1/': { auth: inBase64('anna:pass') },
      },
    });
    expect(await docker.find('docker.io/acme/web')).toMatchObject({ username: 'anna' });
  });

  it.each(['ghcr.io', 'https://ghcr.io', 'http://ghcr.io/', 'https://GHCR.io/v2/', 'ghcr.io/v1/'])(
    'may write a host as %s',
    async (key) => {
      await docker.writeConfig({ auths: { [key]: { auth: inBase64('anna:pass') } } });
      expect(await docker.find('ghcr.io/acme/web')).toEqual(login('anna', 'pass'));
    },
  );

  it('distinguishes ports', async () => {
    await docker.writeConfig({ auths: { 'build:5000': { auth: inBase64('anna:pass') } } });
    expect(await docker.find('build:5001/acme/web')).toBeNull();
    expect(await docker.find('build:5000/acme/web')).toEqual(login('anna', 'pass', 'build:5000'));
  });

  it('splits at the first colon and trims NULs', async () => {
    await docker.writeConfig({ auths: { 'ghcr.io': { auth: inBase64('anna:pa:ss\0\0') } } });
    expect(await docker.find('ghcr.io/acme/web')).toEqual(login('anna', 'pa:ss'));
  });

  it('may contain plain fields, identity tokens and registry tokens', async () => {
    await docker.writeConfig({
      auths: {
        'ghcr.io': { username: 'anna', password: 'pass' },
        'a.azurecr.io': { auth: inBase64('0000:'), identitytoken: 'identity' },
        'quay.io': { registrytoken: 'bearer' },
        'empty.example': {},
        'null.example': null,
      },
    });
    expect(await docker.find('ghcr.io/acme/web')).toEqual(login('anna', 'pass'));
    expect(await docker.find('a.azurecr.io/acme/web')).toEqual({
      identitytoken: 'identity',
      serveraddress: 'a.azurecr.io',
    });
    expect(await docker.find('quay.io/acme/web')).toEqual({
      username: '',
      password: '',
      registrytoken: 'bearer',
      serveraddress: 'quay.io',
    });
    expect(await docker.find('empty.example/acme/web')).toBeNull();
    expect(await docker.find('null.example/acme/web')).toBeNull();
  });

  it('is read again when it changes, even to another file of the same size', async () => {
    const { credentials } = world.registries();
    const ask = () => credentials.forEngine('ghcr.io/acme/web');
    expect(await ask()).toBeNull();
    await docker.writeConfig({ auths: { 'ghcr.io': { auth: inBase64('anna:one') } } });
    expect(await ask()).toEqual(login('anna', 'one'));
    await docker.writeConfig({ auths: { 'ghcr.io': { auth: inBase64('anna:two') } } });
    const { atime, mtime } = await stat(join(world.folder, 'config.json'));
    await utimes(join(world.folder, 'config.json'), atime, new Date(mtime.getTime() + 1000));
    expect(await ask()).toEqual(login('anna', 'two'));
    await docker.writeConfig('{');
    expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
    await docker.writeConfig({});
    expect(await ask()).toBeNull();
  });

  it.each([
    ['not JSON', `{"auths":{"ghcr.io":{"auth":"${inBase64(`a:${CANARY}`)}","password":"${CANARY}"`],
    ['not an object', JSON.stringify([CANARY])],
    ['auths of the wrong kind', JSON.stringify({ auths: [CANARY] })],
    ['credHelpers of the wrong kind', JSON.stringify({ credHelpers: CANARY })],
    ['a helper that is no name', JSON.stringify({ credHelpers: { 'ghcr.io': { x: CANARY } } })],
    ['credsStore of the wrong kind', JSON.stringify({ credsStore: [CANARY] })],
    ['auth without a colon', JSON.stringify({ auths: { 'ghcr.io': { auth: inBase64(CANARY) } } })],
  ])('is named but not quoted if it is malformed: %s', async (_what, text) => {
    await docker.writeConfig(text);
    const failure = await failureOf(docker.find('ghcr.io/acme/web'));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toContain(join(world.folder, 'config.json'));
    const shown = inspect(failure, { depth: 20 });
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(inBase64(CANARY));
  });

  it('is named if it cannot be read', async () => {
    await mkdir(join(world.folder, 'config.json'));
    const failure = await failureOf(docker.find('ghcr.io/acme/web'));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(/cannot be read: EISDIR/);
  });

  it('in the variable is named but not quoted if it is malformed', async () => {
    const failure = await failureOf(
      docker.find('ghcr.io/acme/web', { dockerAuthConfig: `{${CANARY}` }),
    );
    expect(failure.message).toMatch(/DOCKER_AUTH_CONFIG/);
    expect(inspect(failure, { depth: 20 })).not.toContain(CANARY);
  });
});

describe('secrets', () => {
  it('are not shown by the credentials until the engine gets them', async () => {
    await docker.writeConfig({ auths: { 'ghcr.io': { auth: inBase64(`anna:${CANARY}`) } } });
    const { credentials } = world.registries();
    expect(await credentials.forEngine('ghcr.io/acme/web')).toEqual(login('anna', CANARY));
    const found = await credentials.forRegistry('ghcr.io', untilDone());
    expect(found).toMatchObject({ kind: 'password', username: 'anna' });
    for (const shown of [inspect(found, { depth: 20 }), JSON.stringify(found)]) {
      expect(shown).not.toContain(CANARY);
    }
  });
});
