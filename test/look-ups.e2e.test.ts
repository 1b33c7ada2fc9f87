import { describe, expect, it } from 'vitest';
import { LookupSchedule } from '../src/deployments/deciding/digest-lookup.js';
import { anImageIndex } from './support/image.js';
import { aSampleApp } from './support/sample-app.js';
import { Scenario } from './support/scenario.js';
import { waitFor } from './support/wait-for.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
/** Slow enough for a test to push in the middle of it. */
const SLOWER = { againAfterMs: [500, 1_000, 1_500, 8_000], troublePausesMs: [100] };

describe('the look-ups after a hook', () => {
  it('come after 5, 15, 30 and 60 seconds', () => {
    expect(new LookupSchedule().againAfterMs).toEqual([5_000, 15_000, 30_000, 60_000]);
  });

  it('end with tag-not-found where the tag is still missing after the last', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    await scenario.stage.registry.delete(scenario.repository, scenario.firstDigest);
    const id = await scenario.hookedDeployment();
    expect(await scenario.deployment(id)).toMatchObject({ phase: 'waiting' });
    const deployment = await scenario.ended(id);
    expect(deployment).toMatchObject({
      phase: 'failed',
      digest: null,
      startedAt: null,
      error: { code: 'tag-not-found', retryable: true, serving: 'old', logTail: null },
    });
    const took = Date.parse(deployment.finishedAt ?? '') - Date.parse(deployment.createdAt);
    expect(took).toBeGreaterThanOrEqual(600);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', quarantined: [] });
  });

  it('find a tag that appears in the meantime', async () => {
    const scenario = await Scenario.startInProcess({
      app: HEALTHY,
      service: ['tag: { glob: "release-*" }'],
      schedule: SLOWER,
    });
    const id = await scenario.hookedDeployment('release-2');
    await waitFor(
      'the first look',
      () => scenario.deployment(id),
      ({ createdAt }) => Date.now() > Date.parse(createdAt) + 700,
    );
    const digest = await scenario.push({ version: 'v2', check: 'healthy' }, 'release-2');
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', digest });
  });

  it('find a digest that the registry shows only after its own hook', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY, schedule: SLOWER });
    const id = await scenario.hookedDeployment();
    await waitFor(
      'the first look',
      () => scenario.deployment(id),
      ({ createdAt }) => Date.now() > Date.parse(createdAt) + 700,
    );
    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.served()).toBe('v2');
  });

  it('end skipped where the tag still has the digest that runs', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const before = await scenario.inspect();
    const deployment = await scenario.ended(await scenario.hookedDeployment());
    expect(deployment).toMatchObject({
      phase: 'skipped',
      digest: scenario.firstDigest,
      startedAt: null,
      error: null,
    });
    expect(deployment.reason).toContain('running already');
    expect((await scenario.inspect()).State.StartedAt).toBe(before.State.StartedAt);
  });

  it('take the digest of a list of images for several platforms as it is', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const index = anImageIndex([{ image: aSampleApp({ version: 'v2', check: 'healthy' }) }]);
    const { registry } = scenario.stage;
    const digest = await registry.push(scenario.repository, 'latest', index);
    const deployment = await scenario.ended(await scenario.hookedDeployment());
    expect(deployment).toMatchObject({ phase: 'succeeded', digest });
    expect(await scenario.service()).toMatchObject({ running: { digest, tag: 'latest' } });

    const again = await scenario.ended(await scenario.hookedDeployment());
    expect(again).toMatchObject({ phase: 'skipped', digest });
  });
});
