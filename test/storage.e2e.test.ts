import { execFile } from 'node:child_process';
import { open, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rigFolder } from './support/rig-environment.js';
import { Scenario } from './support/scenario.js';
import type { SampleApp } from './support/sample-app.js';
import { uniqueName } from './support/shared-rig.js';
import { waitFor } from './support/wait-for.js';

const run = promisify(execFile);
const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const BLOCK = Buffer.alloc(64 * 1024);

/** A file system of 4 MB that a test can fill up. */
class SmallDisk {
  private constructor(readonly folder: string) {}

  static async mount(): Promise<SmallDisk> {
    const folder = join(rigFolder(), uniqueName('disk'));
    await mkdir(folder);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    onTestFinished(() => run('umount', ['--lazy', folder]).then(() => undefined));
    return new SmallDisk(folder);
  }

  /** Writes until nothing more fits. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'a');
    try {
      for (const block of [BLOCK, BLOCK.subarray(0, 4_096), BLOCK.subarray(0, 1)]) {
        while (await fits(() => file.write(block)));
      }
    } finally {
      await file.close();
    }
  }

  /** Makes the space free again. */
  async empty(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}

async function fits(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

async function onSmallDisk(app: SampleApp): Promise<{ disk: SmallDisk; scenario: Scenario }> {
  const disk = await SmallDisk.mount();
  const environment = { DEPLOY_STORAGE: `sqlite:${join(disk.folder, 'deploy.db')}` };
  // Runs first at the end: the process must be gone before its disk is.
  const scenario = await Scenario.start({ app, deploy: { environment } });
  return { disk, scenario };
}

describe('a full disk under the storage', () => {
  it('refuses webhooks with 503, keeps what was answered 202, and goes on when there is space', async () => {
    const { disk, scenario } = await onSmallDisk(HEALTHY);
    await disk.fill();
    // What the journal has room for already may still be taken in: then it must be kept.
    const accepted: string[] = [];
    const refusal = await waitFor(
      'a refusal',
      async () => {
        const answer = await scenario.hook('another-tag');
        if (answer.status === 202) {
          accepted.push(((await answer.json()) as { delivery: string }).delivery);
          await disk.fill();
        }
        return answer;
      },
      (answer) => answer.status !== 202,
      { within: 60_000, every: 0 },
    );
    expect(refusal.status).toBe(503);
    expect(refusal.headers.get('content-type')).toContain('application/problem+json');
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refusal.json()).toMatchObject({ code: 'storage-unavailable', status: 503 });
    expect((await fetch(`${scenario.deploy.baseUrl}/health/ready`)).status).toBe(503);
    expect((await fetch(`${scenario.deploy.baseUrl}/health/live`)).status).toBe(200);
    await scenario.push({ version: 'v2', check: 'healthy' });
    expect((await scenario.hook()).status).toBe(503);
    expect((await scenario.deploy.api('/deployments')).status).toBe(200);

    await disk.empty();
    const deliveries = await scenario.deploy.api('/deliveries?limit=200');
    const { items } = (await deliveries.json()) as { items: { id: string }[] };
    expect(items.map((each) => each.id).sort()).toEqual(accepted.sort());
    expect(await (await scenario.deploy.api('/deployments')).json()).toMatchObject({ items: [] });
    expect((await fetch(`${scenario.deploy.baseUrl}/health/ready`)).status).toBe(200);
    const deployment = await scenario.ended(await scenario.hookedDeployment());
    expect(deployment).toMatchObject({ phase: 'succeeded', error: null });
    expect(await scenario.served()).toBe('v2');
  });

  it.each([
    ['a good version', { version: 'v2', check: 'healthy' }, 'succeeded', 'v2'],
    ['a bad version', { version: 'bad', exitsAtOnce: 1 }, 'rolled-back', 'v1'],
  ] as const)(
    'that comes after the old container was stopped does not keep it down: %s',
    async (_, app, phase, serves) => {
      const { disk, scenario } = await onSmallDisk({ ...HEALTHY, stopsFor: 3 });
      await scenario.push(app);
      const id = await scenario.hookedDeployment();
      await waitFor(
        'the old one to be stopping',
        () => scenario.deployment(id),
        ({ steps }) => steps.some((step) => step.name === 'stop-old'),
      );
      await disk.fill();
      await waitFor(
        'the rollout to have its way on the engine',
        async () => {
          await disk.fill();
          const names = await scenario.names();
          return names.length === 1 && (await scenario.served()) === serves;
        },
        Boolean,
        { within: 45_000, every: 100 },
      );
      await disk.empty();
      expect(await scenario.ended(id)).toMatchObject({ phase });
      expect(await scenario.remains()).toMatchObject({
        serves,
        names: [scenario.container],
        restart: 'always',
      });
    },
  );
});
