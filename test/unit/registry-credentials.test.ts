import { chmod, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { WorldOptions } from '../support/fake-registry.js';
import {
  RegistryWorld,
  aRegistry,
  aRegistryLogin,
  failureOf,
  untilDone,
} from '../support/fake-registry.js';

const world = RegistryWorld.forEachTest();

const CANARY = 'canary-secret-0004';

async function writeConfig(content: unknown): Promise<void> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(world.folder, 'config.json'), text);
}

/** A helper that does what the lines of shell say; `$server` is what it read from stdin. */
async function writeHelper(name: string, ...lines: string[]): Promise<void> {
  const file = join(world.folder, `docker-credential-${name}`);
  await writeFile(file, ['#!/bin/sh', 'server=$(cat)', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
}

/** Prints as a helper does; the user name shows which server it was asked for. */
const printing = (username: string, secret: string): string =>
  `printf '{"ServerURL":"%s","Username":"${username}","Secret":"${secret}"}' "$server"`;

/** `Z` for a process that ended and was not waited for yet. */
async function stateOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '0 (x) gone');
  return /\) (\w+)/.exec(text)?.[1] ?? 'unknown';
}

const inBase64 = (text: string): string => Buffer.from(text).toString('base64');

function find(repository: string, options: WorldOptions = {}): Promise<unknown> {
  return world.registries(options).credentials.forEngine(repository);
}

const login = (username: string, password: string, serveraddress = 'ghcr.io') => ({
  username,
  password,
  serveraddress,
});

describe('where credentials come from', () => {
  it('nowhere: the pull is anonymous', async () => {
    expect(await find('ghcr.io/acme/web')).toBeNull();
  });

  it('our configuration comes first', async () => {
    await writeConfig({ auths: { 'ghcr.io': { auth: inBase64('file:file') } } });
    const registries = [aRegistryLogin('ghcr.io', 'ours')];
    const dockerAuthConfig = JSON.stringify({
      auths: { 'ghcr.io': { auth: inBase64('env:env') } },
    });
    expect(await find('ghcr.io/acme/web', { registries, dockerAuthConfig })).toEqual(
      login('anna', 'ours'),
    );
    expect(await find('ghcr.io/acme/web', { dockerAuthConfig })).toEqual(login('env', 'env'));
    expect(await find('ghcr.io/acme/web')).toEqual(login('file', 'file'));
  });

  it('an entry of our configuration without a login does not stand in the way', async () => {
    await writeConfig({ auths: { 'ghcr.io': { auth: inBase64('file:file') } } });
    expect(await find('ghcr.io/acme/web', { registries: [aRegistry('ghcr.io')] })).toEqual(
      login('file', 'file'),
    );
  });

  it('the variable does not hide what it does not name', async () => {
    await writeConfig({ auths: { 'ghcr.io': { auth: inBase64('file:file') } } });
    const dockerAuthConfig = JSON.stringify({
      auths: { 'quay.io': { auth: inBase64('env:env') } },
    });
    expect(await find('ghcr.io/acme/web', { dockerAuthConfig })).toEqual(login('file', 'file'));
  });

  it("a registry's own helper comes before the helper for all, and both before auths", async () => {
    await writeHelper('own', printing('own', 'x'));
    await writeHelper('all', printing('all', 'x'));
    await writeConfig({
      credHelpers: { 'ghcr.io': 'own' },
      credsStore: 'all',
      auths: { 'ghcr.io': { auth: inBase64('file:file') }, 'quay.io': {} },
    });
    expect(await find('ghcr.io/acme/web')).toEqual(login('own', 'x'));
    expect(await find('quay.io/acme/web')).toEqual(login('all', 'x', 'quay.io'));
  });

  it('a helper that knows nothing means anonymous: the passwords of auths are not read', async () => {
    await writeHelper('all', 'echo "credentials not found in native keychain"', 'exit 1');
    await writeConfig({ credsStore: 'all', auths: { 'ghcr.io': { auth: inBase64('a:b') } } });
    expect(await find('ghcr.io/acme/web')).toBeNull();
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
    await writeConfig({ auths: { [key]: { auth: inBase64('anna:pass') } } });
    expect(await find('docker.io/acme/web')).toEqual(
      login('anna', 'pass', 'https://index.docker.io/v1/'),
    );
  });

  it.each(['docker.io', 'index.docker.io', 'https://index.docker.io/v1/'])(
    'and so may our configuration: %s',
    async (host) => {
      expect(
        await find('docker.io/acme/web', { registries: [aRegistryLogin(host, 'pass')] }),
      ).toEqual(login('anna', 'pass', 'https://index.docker.io/v1/'));
    },
  );

  it('prefers the exact key of Docker Hub', async () => {
    await writeConfig({
      auths: {
        'index.docker.io': { auth: inBase64('other:other') },
        'https://index.docker.io/v1/': { auth: inBase64('anna:pass') },
      },
    });
    expect(await find('docker.io/acme/web')).toMatchObject({ username: 'anna' });
  });

  it.each(['ghcr.io', 'https://ghcr.io', 'http://ghcr.io/', 'https://GHCR.io/v2/', 'ghcr.io/v1/'])(
    'may write a host as %s',
    async (key) => {
      await writeConfig({ auths: { [key]: { auth: inBase64('anna:pass') } } });
      expect(await find('ghcr.io/acme/web')).toEqual(login('anna', 'pass'));
    },
  );

  it('tells ports apart', async () => {
    await writeConfig({ auths: { 'build:5000': { auth: inBase64('anna:pass') } } });
    expect(await find('build:5001/acme/web')).toBeNull();
    expect(await find('build:5000/acme/web')).toEqual(login('anna', 'pass', 'build:5000'));
  });

  it('splits at the first colon and trims NULs', async () => {
    await writeConfig({ auths: { 'ghcr.io': { auth: inBase64('anna:pa:ss\0\0') } } });
    expect(await find('ghcr.io/acme/web')).toEqual(login('anna', 'pa:ss'));
  });

  it('may hold plain fields, identity tokens and registry tokens', async () => {
    await writeConfig({
      auths: {
        'ghcr.io': { username: 'anna', password: 'pass' },
        'a.azurecr.io': { auth: inBase64('0000:'), identitytoken: 'identity' },
        'quay.io': { registrytoken: 'bearer' },
        'empty.example': {},
        'null.example': null,
      },
    });
    expect(await find('ghcr.io/acme/web')).toEqual(login('anna', 'pass'));
    expect(await find('a.azurecr.io/acme/web')).toEqual({
      identitytoken: 'identity',
      serveraddress: 'a.azurecr.io',
    });
    expect(await find('quay.io/acme/web')).toEqual({
      username: '',
      password: '',
      registrytoken: 'bearer',
      serveraddress: 'quay.io',
    });
    expect(await find('empty.example/acme/web')).toBeNull();
    expect(await find('null.example/acme/web')).toBeNull();
  });

  it('is read again when it changed, also by another file of the same size', async () => {
    const { credentials } = world.registries();
    const ask = () => credentials.forEngine('ghcr.io/acme/web');
    expect(await ask()).toBeNull();
    await writeConfig({ auths: { 'ghcr.io': { auth: inBase64('anna:one') } } });
    expect(await ask()).toEqual(login('anna', 'one'));
    await writeConfig({ auths: { 'ghcr.io': { auth: inBase64('anna:two') } } });
    const { atime, mtime } = await stat(join(world.folder, 'config.json'));
    await utimes(join(world.folder, 'config.json'), atime, new Date(mtime.getTime() + 1000));
    expect(await ask()).toEqual(login('anna', 'two'));
    await writeConfig('{');
    expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
    await writeConfig({});
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
  ])('is named, and not quoted, where it is malformed: %s', async (_what, text) => {
    await writeConfig(text);
    const failure = await failureOf(find('ghcr.io/acme/web'));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toContain(join(world.folder, 'config.json'));
    const shown = inspect(failure, { depth: 20 });
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(inBase64(CANARY));
  });

  it('is named where it cannot be read', async () => {
    await mkdir(join(world.folder, 'config.json'));
    const failure = await failureOf(find('ghcr.io/acme/web'));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(/cannot be read: EISDIR/);
  });

  it('in the variable is named, and not quoted, where it is malformed', async () => {
    const failure = await failureOf(find('ghcr.io/acme/web', { dockerAuthConfig: `{${CANARY}` }));
    expect(failure.message).toMatch(/DOCKER_AUTH_CONFIG/);
    expect(inspect(failure, { depth: 20 })).not.toContain(CANARY);
  });
});

describe('a credential helper', () => {
  async function askHelper(...lines: string[]): Promise<unknown> {
    await writeHelper('mine', ...lines);
    await writeConfig({ credsStore: 'mine' });
    return find('ghcr.io/acme/web');
  }

  it('is asked for the host, and for Docker Hub by its old address', async () => {
    await writeHelper('mine', `printf '{"Username":"%s","Secret":"%s"}' "$server" "$*"`);
    await writeConfig({ credsStore: 'mine' });
    expect(await find('ghcr.io/acme/web')).toEqual(login('ghcr.io', 'get'));
    expect(await find('docker.io/acme/web')).toEqual(
      login('https://index.docker.io/v1/', 'get', 'https://index.docker.io/v1/'),
    );
  });

  it('may answer with an identity token', async () => {
    expect(await askHelper(printing('<token>', 'identity'))).toEqual({
      identitytoken: 'identity',
      serveraddress: 'ghcr.io',
    });
  });

  it('may leave its input unread', async () => {
    const file = join(world.folder, 'docker-credential-deaf');
    await writeFile(file, `#!/bin/sh\nexec <&-\nserver=\n${printing('anna', 'x')}\n`);
    await chmod(file, 0o755);
    await writeConfig({ credsStore: 'deaf' });
    expect(await find('ghcr.io/acme/web')).toEqual(login('anna', 'x'));
  });

  it.each([
    ['fails', [`echo ${CANARY}`, `echo ${CANARY} >&2`, 'exit 3'], /exit code 3/],
    ['prints something else', [`echo ${CANARY}`], /something other/],
    ['prints half an answer', [`echo '{"Secret":"${CANARY}"}'`], /something other/],
    ['prints without end', ['while :; do echo 0123456789012345678901234567890; done'], /too much/],
    ['hangs', ['sleep 30'], /did not answer in 0.5 s/],
    ['leaves a child that holds its output', ['sleep 30 &', 'exit 1'], /did not answer/],
  ])('that %s is registry-auth, and what it printed is not shown', async (_what, lines, why) => {
    const started = performance.now();
    const failure = await failureOf(askHelper(...lines));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(why);
    expect(failure.message).toContain('docker-credential-mine');
    expect(inspect(failure, { depth: 20 })).not.toContain(CANARY);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('that is given up on takes what it started with it', async () => {
    const started = join(world.folder, 'child');
    await failureOf(askHelper('sleep 30 &', `echo $! > ${started}`, 'wait'));
    const child = Number(await readFile(started, 'utf8'));
    await expect.poll(() => stateOf(child)).toMatch(/^(gone|Z)$/);
  });

  it('ends with the caller', async () => {
    await writeHelper('mine', 'sleep 30');
    await writeConfig({ credsStore: 'mine' });
    const caller = new AbortController();
    const reason = new Error('no longer of interest');
    const result = world.registries().credentials.forEngine('ghcr.io/acme/web', caller.signal);
    setTimeout(() => {
      caller.abort(reason);
    }, 50);
    await expect(result).rejects.toBe(reason);
  });

  it('that is not there is registry-auth', async () => {
    await writeConfig({ credsStore: 'absent' });
    const failure = await failureOf(find('ghcr.io/acme/web'));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(/docker-credential-absent is not in PATH/);
  });

  it.each(['../../bin/sh', 'a b', 'a;b', '$(id)', 'a/b'])(
    'is not run by the name %j',
    async (name) => {
      await writeConfig({ credsStore: name });
      const failure = await failureOf(find('ghcr.io/acme/web'));
      expect(failure).toMatchObject({ code: 'registry-auth' });
      expect(failure.message).toMatch(/not the name of a credential helper/);
    },
  );

  it('is only looked for in absolute folders', async () => {
    await writeHelper('mine', printing('anna', 'x'));
    await writeConfig({ credsStore: 'mine' });
    const failure = await failureOf(
      find('ghcr.io/acme/web', {
        path: ['', '.', relative(process.cwd(), world.folder)].join(':'),
      }),
    );
    expect(failure.message).toMatch(/not in PATH/);
  });
});

describe('secrets', () => {
  it('are not shown by the credentials until the engine gets them', async () => {
    await writeConfig({ auths: { 'ghcr.io': { auth: inBase64(`anna:${CANARY}`) } } });
    const { credentials } = world.registries();
    expect(await credentials.forEngine('ghcr.io/acme/web')).toEqual(login('anna', CANARY));
    const found = await credentials.forRegistry('ghcr.io', untilDone());
    expect(found).toMatchObject({ kind: 'password', username: 'anna' });
    for (const shown of [inspect(found, { depth: 20 }), JSON.stringify(found)]) {
      expect(shown).not.toContain(CANARY);
    }
  });
});
