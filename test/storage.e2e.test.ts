import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeployProcess } from './support/deploy-process.js';
import { SmallDisk } from './support/disks.js';
import { Scenario } from './support/scenario.js';
import type { SampleApp } from './support/sample-app.js';
import { waitFor } from './support/wait-for.js';
import { makeOlderStorage } from './unit/storage/older-storage.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;

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

  it('without room for the copy before an upgrade: the server exits 2 and changes nothing', async () => {
    const disk = await SmallDisk.mount();
    const file = join(disk.folder, 'deploy.db');
    await makeOlderStorage(file, 600);
    const before = await readFile(file);
    const room = join(disk.folder, 'room');
    await writeFile(room, Buffer.alloc(512 * 1024));
    await disk.fill();
    // For the log and the lock of a database that is open.
    await rm(room);
    const deploy = await DeployProcess.prepare({
      configuration: '{}\n',
      environment: { DEPLOY_STORAGE: `sqlite:${file}` },
    });
    onTestFinished(() => deploy.remove());
    deploy.spawn();
    expect(await deploy.exit()).toBe(2);
    expect(deploy.stderr).toMatch(/nothing was changed: .*\.before-0004-approve-links .*full/);
    expect(before.equals(await readFile(file))).toBe(true);
    expect((await readdir(disk.folder)).filter((name) => name.includes('before'))).toEqual([]);

    await disk.empty();
    await deploy.start();
    expect(deploy.stdout).toContain(`${file}.before-0004-approve-links`);
    expect((await stat(`${file}.before-0004-approve-links`)).mode & 0o777).toBe(0o600);
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
