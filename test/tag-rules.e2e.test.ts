import { describe, expect, it } from 'vitest';
import { Scenario } from './support/scenario.js';

const CHECKED = { check: 'healthy' } as const;

describe('a service that follows versions by semver', () => {
  it('moves to a higher one in the range, and to no other', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', ...CHECKED },
      tag: '1.4.0',
      service: ['tag: { semver: "^1.4" }'],
    });
    const higher = await scenario.ship({ version: 'v1.5', ...CHECKED }, '1.5.0');
    expect(higher).toMatchObject({ phase: 'succeeded', tag: '1.5.0' });
    const { Config } = await scenario.inspect();
    expect(Config.Image).toBe(scenario.image('1.5.0'));
    expect(Config.Labels).toMatchObject({
      'deploy.image': scenario.image('1.5.0'),
      'deploy.digest': higher.digest,
    });
    expect(await scenario.service()).toMatchObject({
      tag: { semver: '^1.4' },
      running: { tag: '1.5.0', digest: higher.digest },
    });

    const lower = await scenario.ship({ version: 'v1.4.9', ...CHECKED }, '1.4.9');
    expect(lower).toMatchObject({ phase: 'skipped', startedAt: null, error: null });
    expect(lower.reason).toContain('not higher');
    await scenario.push({ version: 'v2', ...CHECKED }, '2.0.0');
    for (const outside of ['2.0.0', '1.6.0-rc.1', 'latest']) {
      const answer = await (await scenario.hook(outside)).json();
      expect(answer, outside).toMatchObject({ outcome: 'ignored', deployments: [] });
    }
    expect(await scenario.remains()).toMatchObject({ serves: 'v1.5', names: [scenario.container] });
  });

  it('lets the higher of two that wait go, also where the lower was pushed later', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', ...CHECKED },
      tag: '1.4.0',
      service: ['tag: { semver: "^1.4" }'],
    });
    await scenario.push({ version: 'v1.5', ...CHECKED, bootsFor: 2 }, '1.5.0');
    const first = await scenario.hookedDeployment('1.5.0');
    await scenario.inPhase(first, 'running');
    // Both wait behind that one.
    await scenario.push({ version: 'v1.7', ...CHECKED }, '1.7.0');
    const high = await scenario.hookedDeployment('1.7.0');
    await scenario.inPhase(high, 'queued');
    await scenario.push({ version: 'v1.6', ...CHECKED }, '1.6.0');
    const low = await scenario.hookedDeployment('1.6.0');
    expect(await scenario.ended(low)).toMatchObject({ phase: 'superseded', supersededBy: high });
    expect(await scenario.ended(high)).toMatchObject({ phase: 'succeeded', tag: '1.7.0' });
    expect(await scenario.served()).toBe('v1.7');
  });

  it('goes down only where that is allowed, and passes over what is ignored', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', ...CHECKED },
      tag: '1.4.0',
      service: ['tag: { semver: ">=1.0.0-0", allowDowngrade: true, ignore: ["*-debug"] }'],
    });
    const lower = await scenario.ship({ version: 'v0', ...CHECKED }, 'v1.3.0');
    expect(lower).toMatchObject({ phase: 'succeeded', tag: 'v1.3.0' });
    expect((await scenario.inspect()).Config.Image).toBe(scenario.image('v1.3.0'));
    await scenario.push({ version: 'v5', ...CHECKED }, '1.5.0-debug');
    const answer = await (await scenario.hook('1.5.0-debug')).json();
    expect(answer).toMatchObject({ outcome: 'ignored', deployments: [] });
    expect(await scenario.service()).toMatchObject({
      tag: { semver: '>=1.0.0-0', allowDowngrade: true, ignore: ['*-debug'] },
    });
    expect(await scenario.served()).toBe('v0');
  });
});

describe.each([
  ['glob', '{ glob: "release-*" }'],
  ['regex', '{ regex: "^release-\\\\d+$" }'],
])('a service that follows tags by %s', (_, rule) => {
  it('moves to the newest push that matches; a stale hook brings no old version back', async () => {
    const scenario = await Scenario.startInProcess({
      app: { version: 'v1', ...CHECKED },
      tag: 'release-1',
      service: [`tag: ${rule}`],
    });
    const second = await scenario.ship({ version: 'v2', ...CHECKED }, 'release-2');
    expect(second).toMatchObject({ phase: 'succeeded', tag: 'release-2' });
    const third = await scenario.ship({ version: 'v3', ...CHECKED }, 'release-3');
    expect(third).toMatchObject({ phase: 'succeeded', previousDigest: second.digest });

    for (const stale of ['release-2', 'release-1']) {
      const deployment = await scenario.ended(await scenario.hookedDeployment(stale));
      expect(deployment).toMatchObject({ phase: 'skipped', startedAt: null });
      expect(deployment.reason).toContain('has run in this service before');
    }
    const other = await (await scenario.hook('nightly')).json();
    expect(other).toMatchObject({ outcome: 'ignored', deployments: [] });
    expect(await scenario.served()).toBe('v3');

    const byHand = await scenario.deployByHand({ tag: 'release-2' });
    expect(await scenario.ended(byHand.id)).toMatchObject({ phase: 'succeeded' });
    expect(await scenario.served()).toBe('v2');
  });
});
