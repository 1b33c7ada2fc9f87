import { describe, expect, it } from 'vitest';
import type { Deployment } from '../src/domain/deployment/deployment.js';
import { EngineEvents } from './support/engine-events.js';
import { ownRegistry } from './support/own-registry.js';
import { Scenario } from './support/scenario.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const SERVICE = '/environments/staging/services/web';
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

describe('deploying by hand', () => {
  it('with dryRun only says what it would do: the engine is asked and not told', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const events = await EngineEvents.follow(scenario.stage.docker);
    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    const answer = await scenario.deploy
      .call('post', `${SERVICE}/deployments`)
      .send({ dryRun: true })
      .expect(200);
    expect(answer.body).toMatchObject({
      strategy: 'recreate',
      from: { tag: 'latest', digest: scenario.firstDigest },
      to: { tag: 'latest', digest },
      differences: [],
    });
    const { steps } = answer.body as { steps: { name: string; description: string }[] };
    expect(steps.map((step) => step.name)).toEqual([
      'pull',
      'create',
      'compare',
      'stop-old',
      'retire-old',
      'take-name',
      'start-new',
      'disarm-old',
      'verify-new',
      'remove-old',
    ]);
    for (const step of steps) expect(step.description).not.toBe('');
    expect(events.of(scenario)).toEqual([]);
    const list = await scenario.deploy.call('get', '/deployments');
    expect(list.body).toMatchObject({ items: [] });

    // What was said is what is done.
    const { id } = await scenario.deployByHand();
    const done = await scenario.ended(id);
    expect(done.steps.map((step) => step.name)).toEqual(steps.map((step) => step.name));
  });

  it('takes the tag or the digest that is asked for, and tells who asked', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const second = await scenario.push({ version: 'v2', check: 'healthy' });
    await scenario.push({ version: 'v3', check: 'healthy' });
    const answer = await scenario.deploy
      .call('post', `${SERVICE}/deployments`)
      .send({ digest: second, reason: 'the third one is too new' })
      .expect(202);
    const made = answer.body as Deployment;
    expect(answer.headers['location']).toBe(`/api/v1/deployments/${made.id}`);
    const deployment = await scenario.ended(made.id);
    expect(deployment).toMatchObject({
      phase: 'succeeded',
      digest: second,
      trigger: { kind: 'api', by: 'admin', delivery: null },
    });
    expect(await scenario.served()).toBe('v2');
    const log = await scenario.deploy.call('get', `/deployments/${made.id}/log`);
    expect(JSON.stringify(log.body)).toContain('the third one is too new');

    const again = await scenario.deployByHand({ tag: 'latest' });
    expect(await scenario.ended(again.id)).toMatchObject({ phase: 'succeeded' });
    expect(await scenario.served()).toBe('v3');
  });

  it('skips what runs already, unless it is forced', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const before = await scenario.inspect();
    const skipped = await scenario.ended((await scenario.deployByHand()).id);
    expect(skipped).toMatchObject({ phase: 'skipped', digest: scenario.firstDigest });
    expect((await scenario.inspect()).Id).toBe(before.Id);

    const forced = await scenario.ended((await scenario.deployByHand({ force: true })).id);
    expect(forced).toMatchObject({ phase: 'succeeded', digest: scenario.firstDigest });
    expect((await scenario.inspect()).Id).not.toBe(before.Id);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', names: [scenario.container] });
  });

  it('fails where there is no such digest or tag, and nothing is touched', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const before = await scenario.inspect();
    const digest = await scenario.ended((await scenario.deployByHand({ digest: NO_DIGEST })).id);
    expect(digest).toMatchObject({
      phase: 'failed',
      error: { code: 'pull-failed', serving: 'old' },
    });
    const answer = await scenario.deploy
      .call('post', `${SERVICE}/deployments`)
      .send({ tag: 'not a tag' })
      .expect(400);
    expect(answer.body).toMatchObject({ code: 'invalid', errors: [{ path: 'tag' }] });
    const after = await scenario.inspect();
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    expect(await scenario.remains()).toMatchObject({ serves: 'v1', quarantined: [] });
  });
});

describe('rolling back by hand', () => {
  it('goes to the last good version and keeps what it left from coming back', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const bad = await scenario.ship({ version: 'v2', check: 'healthy' });
    const made = await scenario.rollBack({ reason: 'prices are wrong' });
    const deployment = await scenario.ended(made.id);
    expect(deployment).toMatchObject({
      phase: 'succeeded',
      digest: scenario.firstDigest,
      previousDigest: bad.digest,
      trigger: { kind: 'rollback', by: 'admin' },
    });
    expect(await scenario.remains()).toEqual({
      serves: 'v1',
      names: [scenario.container],
      restart: 'always',
      quarantined: [bad.digest],
    });
    const next = await scenario.ended(await scenario.hookedDeployment());
    expect(next).toMatchObject({ phase: 'skipped', digest: bad.digest });
    expect(next.reason).toContain('quarantined');
  });

  it('goes to the version of a deployment that is named', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const second = await scenario.ship({ version: 'v2', check: 'healthy' });
    const third = await scenario.ship({ version: 'v3', check: 'healthy' });
    await scenario.ship({ version: 'v4', check: 'healthy' });
    const { id } = await scenario.rollBack({ to: second.id });
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', digest: second.digest });
    expect(await scenario.served()).toBe('v2');

    await scenario.deploy
      .call('post', `${SERVICE}/rollback`)
      .send({ to: third.id.replace(/^../, '00') })
      .expect(404);
  });

  it('says so where there is no earlier version', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const answer = await scenario.deploy.call('post', `${SERVICE}/rollback`).send({}).expect(409);
    expect(answer.body).toMatchObject({ code: 'no-rollback-target' });
  });
});

describe('cancelling by hand', () => {
  it('ends a deployment that waits, and no other', async () => {
    const { rig, stage } = await ownRegistry();
    const scenario = await Scenario.startInProcess({ app: HEALTHY, stage });
    await rig.stop();
    const id = await scenario.hookedDeployment();
    const answer = await scenario.deploy
      .call('post', `/deployments/${id}/cancel`)
      .send({ comment: 'not today' });
    expect(answer.status).toBeLessThan(300);
    expect(answer.body).toMatchObject({ id, phase: 'cancelled', waitingFor: null });
    expect((answer.body as Deployment).reason).toContain('not today');
    const again = await scenario.deploy.call('post', `/deployments/${id}/cancel`).expect(409);
    expect(again.body).toMatchObject({ code: 'wrong-phase' });

    await rig.start();
    const next = await scenario.ship({ version: 'v2', check: 'healthy' });
    expect(next.phase).toBe('succeeded');
    await scenario.deploy.call('post', `/deployments/${next.id}/cancel`).expect(409);
    expect(await scenario.deployment(id)).toMatchObject({ phase: 'cancelled' });
  });
});

describe('replaying a delivery by hand', () => {
  it('takes it in again, although nothing in it is new', async () => {
    const scenario = await Scenario.startInProcess({ app: HEALTHY });
    const failed = await scenario.ended(await scenario.hookedDeployment());
    expect(failed.phase).toBe('skipped');
    const list = await scenario.deploy.call('get', '/deliveries').expect(200);
    const [first] = (list.body as { items: { id: string; deployments: string[] }[] }).items;
    expect(first?.deployments).toEqual([failed.id]);

    const digest = await scenario.push({ version: 'v2', check: 'healthy' });
    const answer = await scenario.deploy
      .call('post', `/deliveries/${first?.id ?? ''}/replay`)
      .expect(202);
    const replay = answer.body as { id: string; outcome: string; deployments: string[] };
    expect(replay.outcome).toBe('accepted');
    expect(replay.id).not.toBe(first?.id);
    const deployment = await scenario.ended(replay.deployments[0] ?? '');
    expect(deployment).toMatchObject({ phase: 'succeeded', digest });
  });
});
