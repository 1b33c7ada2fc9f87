import { mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Child } from './support/child.js';
import { rigEnvironment } from './support/rig-environment.js';
import { waitFor } from './support/wait-for.js';

const SCRIPT = fileURLToPath(new URL('support/sandboxed-command.ts', import.meta.url));

/** A sandbox in ours, with a mount, a network, a cgroup and a process that left its parent. */
async function aBusySandbox() {
  const temporary = await mkdtemp(join(tmpdir(), 's-'));
  onTestFinished(() => rm(temporary, { recursive: true, force: true }));
  const mark = `3${String(process.hrtime.bigint()).slice(-9)}`;
  const busy = `
    for group in /sys/fs/cgroup/*; do mkdir -p "$group$DEPLOY_RIG_CGROUP/child" || true; done
    mount -t tmpfs tmpfs "$DEPLOY_RIG_FOLDER/tmp"
    ip link add rig-trial type bridge
    setsid sleep ${mark} &
    touch "$DEPLOY_RIG_FOLDER/started"
    echo started; sleep ${mark}`;
  const child = sandboxed(['sh', '-c', busy], { TMPDIR: temporary });
  onTestFinished(async () => {
    child.signal('SIGKILL');
    await child.end();
  });
  await waitFor('the sandbox to start', () => child.ended || child.stdout.includes('started'));
  expect(child.stderr).toBe('');
  await waitFor('both of its processes', async () => (await processesWith(mark)) === 2);
  return { child, mark, temporary };
}

function sandboxed(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Child {
  // Without a cache of its own in the temporary folder, which is to be empty in the end.
  const all = { ...process.env, TSX_DISABLE_CACHE: '1', ...environment };
  return new Child([process.execPath, '--import', 'tsx', SCRIPT, ...command], all);
}

async function processesWith(mark: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.split('\0').includes(mark)).length;
}

async function cgroupsOf(owner: number): Promise<readonly string[]> {
  const found: string[] = [];
  const prefix = `${rigEnvironment().cgroup.slice(1)}-${owner}-`;
  for (const group of await readdir('/sys/fs/cgroup', { withFileTypes: true })) {
    if (group.name.startsWith(prefix)) found.push(group.name);
    if (!group.isDirectory()) continue;
    const inside = await readdir(join('/sys/fs/cgroup', group.name));
    found.push(...inside.filter((name) => name.startsWith(prefix)));
  }
  return found;
}

describe('a sandbox', () => {
  it.each([
    { signal: 'SIGTERM', exitCode: 143 },
    { signal: 'SIGINT', exitCode: 130 },
  ] as const)('leaves nothing at all after $signal', async ({ signal, exitCode }) => {
    const { child, mark, temporary } = await aBusySandbox();
    expect(await cgroupsOf(child.pid)).not.toEqual([]);

    child.signal(signal);
    expect(await child.endWithin(15_000)).toEqual({ code: exitCode, signal: null });

    expect(await processesWith(mark)).toBe(0);
    expect(await cgroupsOf(child.pid)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(temporary);
  });

  it('leaves no process and no mount after SIGKILL, and the next run removes its files', async () => {
    const { child, mark, temporary } = await aBusySandbox();

    child.signal('SIGKILL');
    await waitFor('its processes to end', async () => (await processesWith(mark)) === 0);
    await child.endWithin(5_000);
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(temporary);

    const next = sandboxed(['true'], { TMPDIR: temporary });
    expect(await next.endWithin(15_000)).toEqual({ code: 0, signal: null });
    expect(await cgroupsOf(child.pid)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('leaves alone what the sandbox around it has just made', async () => {
    const mounts = await readFile('/proc/mounts', 'utf8');
    const hierarchy = /^\S+ (\S+) cgroup2? /m.exec(mounts)?.[1] ?? '';
    const unused = join(hierarchy, rigEnvironment().cgroup, 'unused');
    await mkdir(unused, { recursive: true });

    expect(await sandboxed(['true']).endWithin(15_000)).toEqual({ code: 0, signal: null });

    await rmdir(unused);
  });

  it("keeps the command's exit code", async () => {
    const child = sandboxed(['sh', '-c', 'exit 7']);
    expect(await child.endWithin(15_000)).toEqual({ code: 7, signal: null });
  });

  it('names what is missing where it cannot run', async () => {
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const test = fileURLToPath(new URL('../scripts/test.ts', import.meta.url));
    const child = new Child([...user, process.execPath, '--import', 'tsx', test], {
      ...process.env,
      TSX_DISABLE_CACHE: '1',
    });
    expect(await child.endWithin(15_000)).toEqual({ code: 1, signal: null });
    expect(child.stderr).toContain('Missing here: root');
  });
});
