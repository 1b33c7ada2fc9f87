import { describe, expect, it } from 'vitest';
import type { SampleApp } from './support/sample-app.js';
import { Scenario } from './support/scenario.js';
import type { SceneOptions } from './support/service-setup.js';
import { waitFor } from './support/wait-for.js';

const MEGABYTE = 1024 * 1024;

interface BadVersion {
  readonly what: string;
  readonly app: SampleApp;
  readonly code: string;
  readonly health?: string;
  readonly container?: SceneOptions['container'];
  /** A line that the new container wrote; null where it never came so far. */
  readonly says: string | null;
}

const NEVER = { Name: 'no' };

describe('a bad version', () => {
  it.each<BadVersion>([
    {
      what: 'exits at once',
      app: { version: 'bad', exitsAtOnce: 3 },
      container: { HostConfig: { RestartPolicy: NEVER } },
      code: 'exited',
      says: 'exits at once with 3',
    },
    {
      what: 'crashes again and again under the restart policy "always"',
      app: { version: 'bad', exitsAtOnce: 1 },
      code: 'exited',
      says: 'exits at once with 1',
    },
    {
      what: 'turns unhealthy',
      app: { version: 'bad', check: 'unhealthy' },
      code: 'unhealthy',
      says: 'serves',
    },
    {
      what: 'does not become healthy in time',
      app: { version: 'bad', bootsFor: 30 },
      health: '{ timeout: 2s, http: { port: 8080, path: /healthz, interval: 200ms } }',
      code: 'health-timeout',
      says: 'boots',
    },
    {
      what: 'passes its check and dies soon after',
      app: { version: 'bad', check: 'healthy', diesAfter: 2 },
      health: '{ stableFor: 10s }',
      code: 'exited',
      says: 'dies',
    },
    {
      what: 'passes its check and turns unhealthy soon after',
      app: { version: 'bad', check: 'healthy', unhealthyAfter: 2 },
      health: '{ stableFor: 10s }',
      code: 'unhealthy',
      says: 'serves',
    },
    {
      what: 'has no check and dies within the time that it must stay up',
      app: { version: 'bad', diesAfter: 2 },
      code: 'exited',
      says: 'dies',
    },
    {
      what: 'has an entrypoint that does not exist',
      app: { version: 'bad', config: { Entrypoint: ['/app/nothing'] } },
      code: 'not-executable',
      says: null,
    },
    {
      what: 'has an entrypoint that may not be executed',
      app: { version: 'bad', config: { Entrypoint: ['/app/www/index.html'] } },
      code: 'not-executable',
      says: null,
    },
    {
      what: 'needs more memory than it may have',
      app: {
        version: 'bad',
        config: { Entrypoint: ['/bin/sh', '-c', 'x=0123456789abcdef; while :; do x=$x$x; done'] },
      },
      container: { HostConfig: { Memory: 16 * MEGABYTE, RestartPolicy: NEVER } },
      code: 'out-of-memory',
      says: null,
    },
  ])('that $what is rolled back and quarantined', async (bad) => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', check: 'healthy' },
      ...(bad.container === undefined ? {} : { container: bad.container }),
      ...(bad.health === undefined
        ? {}
        : { service: ['tag: latest', `rollout: { health: ${bad.health} }`] }),
    });
    const before = await scenario.inspect();
    const deployment = await scenario.ship(bad.app);

    expect(deployment).toMatchObject({
      phase: 'rolled-back',
      error: { code: bad.code, serving: 'old', retryable: false },
    });
    expect(deployment.downtimeMs).toBeGreaterThan(0);
    expect(deployment.downtimeMs).toBeLessThan(20_000);
    if (bad.says !== null) {
      const written = deployment.error?.logTail ?? [];
      expect(written.length).toBeLessThanOrEqual(50);
      expect(written.join('\n')).toContain(`sample app bad: ${bad.says}`);
    }
    expect(await scenario.remains()).toEqual({
      serves: 'v1',
      names: [scenario.container],
      restart: before.HostConfig.RestartPolicy?.Name,
      quarantined: [deployment.digest],
    });
    const after = await scenario.inspect();
    expect(after.Id).toBe(before.Id);
    const tagged = await scenario.stage.docker.getImage(scenario.image()).inspect();
    expect(tagged.Id).toBe(before.Image);
  });
});

describe('a quarantined version', () => {
  it('is skipped at the next hook, goes again by hand with force, and stays out otherwise', async () => {
    const scenario = await Scenario.startInProcess({ app: { version: 'v1', check: 'healthy' } });
    const app = { version: 'bad', exitsAtOnce: 1 };
    const failed = await scenario.ship(app);
    expect(failed.phase).toBe('rolled-back');

    const skipped = await scenario.ended(await scenario.hookedDeployment());
    expect(skipped).toMatchObject({ phase: 'skipped', digest: failed.digest, startedAt: null });
    expect(skipped.reason).toContain('quarantined');
    const byHand = await scenario.ended((await scenario.deployByHand()).id);
    expect(byHand).toMatchObject({ phase: 'skipped' });
    expect(byHand.reason).toContain('quarantined');

    const forced = await scenario.ended((await scenario.deployByHand({ force: true })).id);
    expect(forced).toMatchObject({ phase: 'rolled-back', digest: failed.digest });
    expect(await scenario.remains()).toEqual({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
      quarantined: [failed.digest],
    });
  });

  it('does not stand in the way of the next good one', async () => {
    const scenario = await Scenario.startInProcess({ app: { version: 'v1', check: 'healthy' } });
    const failed = await scenario.ship({ version: 'bad', check: 'unhealthy' });
    const deployment = await scenario.ship({ version: 'v3', check: 'healthy' });
    expect(deployment).toMatchObject({
      phase: 'succeeded',
      previousDigest: scenario.firstDigest,
    });
    expect(await scenario.remains()).toEqual({
      serves: 'v3',
      names: [scenario.container],
      restart: 'always',
      quarantined: [failed.digest],
    });
  });
});

describe('onFailure: leave', () => {
  it('leaves the failed one in its place and the old one beside it, until the next good one', async () => {
    const scenario = await Scenario.startInProcess({
      service: ['tag: latest', 'rollout: { onFailure: leave, health: { timeout: 15s } }'],
    });
    const old = await scenario.inspect();
    const failed = await scenario.ship({ version: 'bad', check: 'unhealthy' });
    expect(failed).toMatchObject({
      phase: 'failed',
      error: { code: 'unhealthy', serving: 'new' },
    });
    expect(failed.error?.logTail?.join('\n')).toContain('sample app bad');
    const { container, stage } = scenario;
    expect(await scenario.remains()).toEqual({
      serves: 'bad',
      names: [container, `${container}.deploy-old`],
      restart: 'always',
      quarantined: [failed.digest],
    });
    const kept = await stage.docker.getContainer(`${container}.deploy-old`).inspect();
    expect(kept.Id).toBe(old.Id);
    expect(kept.State.Running).toBe(false);
    expect(kept.HostConfig.RestartPolicy?.Name).toBe('no');

    const good = await scenario.ship({ version: 'v3', check: 'healthy' });
    expect(good).toMatchObject({ phase: 'succeeded', previousDigest: failed.digest });
    expect(await scenario.remains()).toMatchObject({ serves: 'v3', names: [container] });
  });

  it('says that nothing serves where the failed one does not run', async () => {
    const scenario = await Scenario.startInProcess({
      service: ['tag: latest', 'rollout: { onFailure: leave }'],
      container: { HostConfig: { RestartPolicy: NEVER } },
    });
    const failed = await scenario.ship({ version: 'bad', exitsAtOnce: 1 });
    expect(failed).toMatchObject({ phase: 'failed', error: { code: 'exited', serving: 'none' } });
    const { container } = scenario;
    expect(await scenario.remains()).toMatchObject({
      serves: null,
      names: [container, `${container}.deploy-old`],
    });

    const good = await scenario.ship({ version: 'v3', check: 'healthy' });
    expect(good.phase).toBe('succeeded');
    expect(await scenario.remains()).toMatchObject({ serves: 'v3', names: [container] });
  });
});

describe('a container that a rollout began with stopped', () => {
  it('is replaced, and nobody had a downtime', async () => {
    const scenario = await Scenario.startInProcess();
    await scenario.stage.docker.getContainer(scenario.container).stop();
    await waitFor('it to be shown', async () => (await scenario.service()).state === 'stopped');
    const deployment = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(deployment).toMatchObject({ phase: 'succeeded', downtimeMs: null });
    expect(await scenario.remains()).toMatchObject({
      serves: 'v2',
      names: [scenario.container],
      restart: 'always',
    });
  });
});
