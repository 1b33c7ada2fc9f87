import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Child } from './support/child.js';
import { sharedRig } from './support/shared-rig.js';
import { waitFor } from './support/wait-for.js';

const DEMO = fileURLToPath(new URL('../scripts/demo.ts', import.meta.url));

function demo(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Child {
  const command = [process.execPath, '--import', 'tsx', DEMO, ...args];
  // It must not build anew the dist/ that other tests are running.
  const fixed = { TSX_DISABLE_CACHE: '1', DEPLOY_TEST_BUILD: 'skip' };
  const child = new Child(command, { ...process.env, ...fixed, ...environment });
  onTestFinished(async () => {
    child.signal('SIGKILL');
    await child.end();
  });
  return child;
}

/** Folders of demos and of their sandboxes that were not removed. */
async function leftFolders(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => /^deploy-(demo|rig)-/.test(name));
}

describe('the demo', () => {
  it('with --once brings up its own engine, moves the container, and leaves nothing', async () => {
    const child = demo(['--once']);
    const { code } = await child.endWithin(200_000);
    expect({ code, stderr: child.stderr }).toEqual({ code: 0, stderr: '' });
    const told = ['serves: version 1', '202 ', 'deployment is succeeded', 'serves: version 2'];
    const places = told.map((text) => child.stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(await leftFolders()).toEqual([]);
  }, 220_000);

  it('uses the engine that answers, stays until Ctrl-C, and removes what it made there', async () => {
    const { docker, engineHost } = sharedRig();
    const child = demo([], { DOCKER_HOST: engineHost });
    await waitFor(
      'the demo to have shown all',
      () => child.ended || child.stdout.includes('Ctrl-C ends the demo'),
      Boolean,
      { within: 150_000 },
    );
    const app = /app +(http\S+)/.exec(child.stdout)?.[1] ?? '';
    expect(await (await fetch(app)).text()).toBe('version 2\n');

    child.signal('SIGINT');
    expect(await child.endWithin(40_000)).toEqual({ code: 0, signal: null });
    const label = ['deploy-demo=yes'];
    expect(await docker.listContainers({ all: true, filters: { label } })).toEqual([]);
    expect(await docker.listImages({ filters: { label } })).toEqual([]);
    expect(await leftFolders()).toEqual([]);
  }, 220_000);
});
