import { describe, expect, it } from 'vitest';
import type { Deployment } from '../src/domain/deployment/deployment.js';
import { newest, playEnvironments } from './support/environments.js';

const V2 = { version: 'v2', check: 'healthy' } as const;
const V3 = { version: 'v3', check: 'healthy' } as const;

const isDone = ({ phase }: Deployment): boolean => phase === 'succeeded';
const isWaiting = ({ waitingFor }: Deployment): boolean => waitingFor === 'promotion';

describe('a version that succeeded', () => {
  it('goes on through a chain of three, with its digest, also when the tag has moved', async () => {
    const scenario = await playEnvironments({
      qa: '{ promoteFrom: { environment: staging, after: 2s } }',
      production: '{ promoteFrom: { environment: qa, after: 1s }, delay: 1s }',
    });
    const shipped = await scenario.ship(V2);
    expect(shipped).toMatchObject({ phase: 'succeeded', environment: 'staging' });
    const waiting = await newest(scenario, 'qa', isWaiting);
    expect(waiting).toMatchObject({
      digest: shipped.digest,
      tag: 'latest',
      trigger: { kind: 'promotion', by: 'staging', delivery: null },
    });
    expect(Date.parse(waiting.notBefore ?? '')).toBe(Date.parse(shipped.finishedAt ?? '') + 2_000);
    // The tag names another version from here on, which nobody was told of.
    await scenario.push(V3);
    await scenario.deploy.restart();
    const qa = await newest(scenario, 'qa', isDone);
    expect(qa).toMatchObject({ id: waiting.id, digest: shipped.digest });
    const production = await newest(scenario, 'production', isDone);
    expect(production).toMatchObject({
      digest: shipped.digest,
      trigger: { kind: 'promotion', by: 'qa' },
    });
    expect(Date.parse(production.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(qa.finishedAt ?? '') + 1_000,
    );
  });

  it('does not go on where it is rolled back, or stops, before it has proved itself', async () => {
    const scenario = await playEnvironments({
      production: '{ promoteFrom: { environment: staging, after: 1h } }',
    });
    await scenario.ship(V2);
    const first = await newest(scenario, 'production', isWaiting);
    expect(first.reason).toMatch(
      /^waits until it has stayed healthy in staging\/web, .* in (1 h|\d+ min.*)$/,
    );
    await scenario.ended((await scenario.rollBack({ reason: 'slow' })).id);
    expect(await scenario.deployment(first.id)).toMatchObject({
      phase: 'cancelled',
      reason: 'staging/web was rolled back by admin',
    });
    const log = await (await scenario.deploy.api(`/deployments/${first.id}/log`)).text();
    expect(log).toContain('cancelled: staging/web was rolled back by admin');

    await scenario.ship(V3);
    const second = await newest(scenario, 'production', isWaiting);
    await scenario.stage.docker.getContainer(scenario.container).stop({ t: 0 });
    await scenario.deploy.restart();
    expect(await scenario.ended(second.id)).toMatchObject({
      phase: 'skipped',
      reason: 'it did not stay healthy in staging/web',
    });
  });

  it('goes to where it is promoted by no push, but by hand', async () => {
    const scenario = await playEnvironments({
      production: '{ promoteFrom: { environment: staging } }',
    });
    await scenario.push(V2);
    const answer = (await (await scenario.hook()).json()) as { deployments: string[] };
    expect(answer.deployments).toHaveLength(1);
    const done = await newest(scenario, 'production', isDone);
    expect(done).toMatchObject({ trigger: { kind: 'promotion' } });

    await scenario.push(V3, 'next');
    const path = '/environments/production/services/web/deployments';
    const body = JSON.stringify({ tag: 'next', force: true });
    const asked = await scenario.deploy.api(path, { method: 'POST', body });
    const { id } = (await asked.json()) as { id: string };
    expect(await scenario.ended(id)).toMatchObject({ phase: 'succeeded', tag: 'next' });
  });
});
