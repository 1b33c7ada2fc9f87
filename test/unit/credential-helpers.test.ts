import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CANARY, DockerLogins, login, printing } from '../support/docker-logins.js';
import { RegistryWorld, failureOf } from '../support/fake-registry.js';

const world = RegistryWorld.forEachTest();
const docker = new DockerLogins(world);

/** `Z` for a process that ended and was not waited for yet. */
async function stateOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '0 (x) gone');
  return /\) (\w+)/.exec(text)?.[1] ?? 'unknown';
}

describe('a credential helper', () => {
  async function askHelper(...lines: string[]): Promise<unknown> {
    await docker.writeHelper('mine', ...lines);
    await docker.writeConfig({ credsStore: 'mine' });
    return docker.find('ghcr.io/acme/web');
  }

  it('is asked for the host, and for Docker Hub by its old address', async () => {
    await docker.writeHelper('mine', `printf '{"Username":"%s","Secret":"%s"}' "$server" "$*"`);
    await docker.writeConfig({ credsStore: 'mine' });
    expect(await docker.find('ghcr.io/acme/web')).toEqual(login('ghcr.io', 'get'));
    expect(await docker.find('docker.io/acme/web')).toEqual(
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
    await docker.writeConfig({ credsStore: 'deaf' });
    expect(await docker.find('ghcr.io/acme/web')).toEqual(login('anna', 'x'));
  });

  it.each([
    ['fails', [`echo ${CANARY}`, `echo ${CANARY} >&2`, 'exit 3'], /exit code 3/],
    ['prints something else', [`echo ${CANARY}`], /something other/],
    ['prints half an answer', [`echo '{"Secret":"${CANARY}"}'`], /something other/],
    ['prints without end', ['while :; do echo 0123456789012345678901234567890; done'], /too much/],
    ['hangs', ['sleep 30'], /did not answer within 0.5 s/],
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
    await docker.writeHelper('mine', 'sleep 30');
    await docker.writeConfig({ credsStore: 'mine' });
    const caller = new AbortController();
    const reason = new Error('no longer of interest');
    const result = world.registries().credentials.forEngine('ghcr.io/acme/web', caller.signal);
    setTimeout(() => {
      caller.abort(reason);
    }, 50);
    await expect(result).rejects.toBe(reason);
  });

  it('that is not there is registry-auth', async () => {
    await docker.writeConfig({ credsStore: 'absent' });
    const failure = await failureOf(docker.find('ghcr.io/acme/web'));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(/docker-credential-absent is not in PATH/);
  });

  it.each(['../../bin/sh', 'a b', 'a;b', '$(id)', 'a/b'])(
    'is not run by the name %j',
    async (name) => {
      await docker.writeConfig({ credsStore: name });
      const failure = await failureOf(docker.find('ghcr.io/acme/web'));
      expect(failure).toMatchObject({ code: 'registry-auth' });
      expect(failure.message).toMatch(/not the name of a credential helper/);
    },
  );

  it('is only looked for in absolute folders', async () => {
    await docker.writeHelper('mine', printing('anna', 'x'));
    await docker.writeConfig({ credsStore: 'mine' });
    const failure = await failureOf(
      docker.find('ghcr.io/acme/web', {
        path: ['', '.', relative(process.cwd(), world.folder)].join(':'),
      }),
    );
    expect(failure.message).toMatch(/not in PATH/);
  });
});
