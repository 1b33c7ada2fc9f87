import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../src/domain/deployment/deployment.js';
import { GroupScenario, type Member } from './support/groups.js';

const GOOD = { version: 'v2', check: 'healthy' } as const;
const BAD = { version: 'v2', exitsAtOnce: 3 } as const;

const isForGroup = ({ waitingFor }: Deployment): boolean => waitingFor === 'group';
const isDone = ({ finishedAt }: Deployment): boolean => finishedAt !== null;

function group(rest: string): string {
  return `{ order: [migrations, api, web], ${rest} }`;
}

function settlingIn(settle: string): (configuration: string) => string {
  return (configuration) => configuration.replace('settle: 1h', `settle: ${settle}`);
}

async function shipAll(
  play: GroupScenario,
  apps: Readonly<Record<Member, object>>,
): Promise<Record<Member, string>> {
  const web = await play.ship('web', { ...GOOD, ...apps.web });
  const api = await play.ship('api', { ...GOOD, ...apps.api });
  const migrations = await play.ship('migrations', { ...GOOD, ...apps.migrations });
  return { migrations, api, web };
}

describe('services that move together', () => {
  it('move in their order, whatever the order of the pushes, also over restarts', async () => {
    const play = await GroupScenario.start(group('settle: 1h'));
    const { deploy } = play.scenario;
    const first = await play.ship('web', GOOD);
    const alone = await play.when(first, isForGroup);
    expect(alone.reason).toMatch(/^waits for further pushes of its group, goes in (1 h|59 min.*)$/);
    const ids = [await play.ship('migrations', GOOD), await play.ship('api', GOOD), first];
    const second = ids[1] ?? '';
    await play.when(second, isForGroup);
    await deploy.restart(settlingIn('1s'));
    await play.when(second, ({ phase }) => phase === 'running');
    await deploy.restart();

    const [migrations, api, web] = await Promise.all(ids.map((id) => play.when(id, isDone)));
    expect([migrations, api, web].map((each) => each?.phase)).toEqual(Array(3).fill('succeeded'));
    expect([migrations, api, web].map((each) => each?.group)).toEqual(
      [0, 1, 2].map((position) => ({ id: web?.group?.id, position })),
    );
    expect(Date.parse(api?.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(migrations?.finishedAt ?? ''),
    );
    expect(Date.parse(web?.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(api?.finishedAt ?? ''),
    );
    expect(Date.parse(migrations?.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(api?.createdAt ?? '') + 1_000,
    );
    expect(await play.versions()).toEqual({ migrations: 'v2', api: 'v2', web: 'v2' });
    const [made] = await play.promoted();
    const promoted = await play.when(made?.id ?? '', isDone);
    expect(promoted.phase).toBe('succeeded');
    expect(Date.parse(promoted.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(web?.finishedAt ?? ''),
    );
  });

  it('go back together where one fails, and move again with the next push', async () => {
    const play = await GroupScenario.start(group('settle: 1s'));
    const ids = await shipAll(play, { migrations: {}, api: {}, web: BAD });
    await play.when(ids.web, ({ group: place }) => place !== null);
    const joined = await play.when(await play.tell('web'), isDone);
    expect(joined.reason).toBe(`joined ${ids.web}, which rolls out the same digest`);
    const failed = await play.when(ids.web, isDone);
    expect(failed.phase).toBe('rolled-back');
    const [promoted] = await play.promoted();
    expect(await play.when(promoted?.id ?? '', isDone)).toMatchObject({
      phase: 'cancelled',
      startedAt: null,
      reason: 'production/api was rolled back by group',
    });
    await play.scenario.deploy.restart();
    const fixed = await play.ship('web', { ...GOOD, version: 'v3' });

    const moved = await play.when(fixed, isDone);
    expect(moved.phase).toBe('succeeded');
    const run = await play.ofRun(failed.group?.id ?? '');
    const back = run.filter(({ trigger }) => trigger.kind === 'rollback');
    expect(back.map(({ service, phase }) => [service, phase])).toEqual([
      ['api', 'succeeded'],
      ['migrations', 'succeeded'],
    ]);
    expect(back[0]).toMatchObject({
      trigger: { kind: 'rollback', by: 'group' },
      reason: null,
    });
    expect(Date.parse(back[1]?.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(back[0]?.finishedAt ?? ''),
    );
    expect(Date.parse(moved.startedAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(back[1]?.finishedAt ?? ''),
    );
    expect(await play.versions()).toEqual({ migrations: 'v1', api: 'v1', web: 'v3' });
    const { services } = (await (
      await play.scenario.deploy.api('/environments/production')
    ).json()) as { services: { name: string; quarantined: string[] }[] };
    expect(services.map(({ name, quarantined }) => [name, quarantined.length])).toEqual([
      ['migrations', 0],
      ['api', 0],
      ['web', 1],
    ]);
  });

  it('stop where one fails, with what moved before it as it is', async () => {
    const play = await GroupScenario.start(group('settle: 1s, onFailure: stop'));
    const ids = await shipAll(play, { migrations: {}, api: BAD, web: {} });
    const [api, web] = [await play.when(ids.api, isDone), await play.when(ids.web, isDone)];
    expect(api.phase).toBe('rolled-back');
    expect(web).toMatchObject({
      phase: 'cancelled',
      reason: `it is grouped with api, whose deployment ${ids.api} ended rolled-back`,
    });
    expect(await play.versions()).toEqual({ migrations: 'v2', api: 'v1', web: 'v1' });
    // A second hook of the same push is a reason to look, and not to let one of them go alone.
    expect(await play.tell('web', 'again')).toBe('');
    await delay(1_500);
    const { items } = (await (
      await play.scenario.deploy.api('/deployments?service=web')
    ).json()) as {
      items: { id: string }[];
    };
    expect(items.map(({ id }) => id)).toEqual([ids.web]);
  });

  it('wait for each other, and none moves where one is refused', async () => {
    const play = await GroupScenario.start(group('settle: 1h'), { api: '{ approval: {} }' });
    const { deploy } = play.scenario;
    const api = await play.ship('api', GOOD);
    await play.when(api, ({ waitingFor }) => waitingFor === 'approval');
    const web = await play.ship('web', GOOD);
    const held = await play.when(web, isForGroup);
    expect(held.reason).toBe('waits for api, with which it moves and which waits for approval');
    await deploy.api(`/deployments/${api}/reject`, { method: 'POST', body: '{}' });
    expect(await play.when(web, isDone)).toMatchObject({
      phase: 'cancelled',
      reason: `it is grouped with api, whose deployment ${api} ended rejected`,
    });

    await deploy.restart(settlingIn('0s'));
    const again = [await play.ship('api', { ...GOOD, version: 'v3' })];
    await play.when(again[0] ?? '', ({ waitingFor }) => waitingFor === 'approval');
    again.push(await play.ship('web', { ...GOOD, version: 'v3' }));
    await play.when(again[1] ?? '', isForGroup);
    await deploy.api(`/deployments/${again[0] ?? ''}/approve`, { method: 'POST', body: '{}' });
    const ends = await Promise.all(again.map((id) => play.when(id, isDone)));
    expect(ends.map(({ phase }) => phase)).toEqual(['succeeded', 'succeeded']);
    expect(await play.versions()).toEqual({ migrations: 'v1', api: 'v3', web: 'v3' });
  });
});
