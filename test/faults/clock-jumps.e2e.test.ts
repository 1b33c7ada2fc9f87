import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Deployment } from '../../src/domain/deployment/deployment.js';
import type { Scenario, ShownDeployment } from '../support/scenario.js';
import { sharedRig } from '../support/shared-rig.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';
import { waitFor } from '../support/wait-for.js';
import { Clock } from './clock.js';
import { FaultyRegistry } from './faulty-registry.js';

const HEALTHY = { version: 'v1', check: 'healthy' } as const;
const NEXT = { version: 'v2', check: 'healthy' } as const;
const OPEN = ['server: { throttle: { webhook: { limit: 0 }, api: { limit: 0 } } }'];
const rows: (readonly string[])[] = [];

afterAll(async () => {
  await recordTrials('clock-jumps', {
    title: 'A clock that jumps',
    command: 'npm run test:faults -- test/faults/clock-jumps.e2e.test.ts',
    columns: ["Deploy's clock jumps", 'while', 'what came of it'],
    rows,
  });
});

async function all(scenario: Scenario): Promise<readonly Deployment[]> {
  const answer = await scenario.deploy.api('/deployments?limit=200');
  return ((await answer.json()) as { items: Deployment[] }).items;
}

/** Once the step has begun. */
async function atStep(scenario: Scenario, id: string, name: string): Promise<void> {
  await waitFor(
    `the step ${name}`,
    () => scenario.deployment(id),
    ({ steps }: ShownDeployment) => steps.some((step) => step.name === name),
    { within: 30_000 },
  );
}

/** How long it really takes, in milliseconds: the clock of the deployment's own times cannot be trusted here. */
async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const began = performance.now();
  const result = await work;
  return [result, performance.now() - began];
}

const JUMPS = [
  ['an hour back', -1],
  ['an hour forward', 1],
] as const;

/** The first by default. */
const GATES = [
  [
    'a probe',
    'rollout: { health: { timeout: 40s, stableFor: 3s, http: { port: 8080, path: /healthz, interval: 200ms } } }',
    { bootsFor: 4 },
  ],
  ['a HEALTHCHECK', 'rollout: { health: { timeout: 40s, stableFor: 3s } }', { check: 'healthy' }],
] as const;

describe.each(ALL_TRIALS ? JUMPS : JUMPS.slice(0, 1))('a clock that jumps %s', (jump, hours) => {
  const told = (during: string, became: string): void => {
    rows.push([jump, during, became]);
  };

  it('in the series of look-ups neither ends the series nor holds it up', async () => {
    const { clock, scenario } = await Clock.start({ app: HEALTHY, configuration: OPEN });
    const id = await scenario.hookedDeployment();
    // The first look finds what runs; the next comes after five seconds, the last after a minute.
    await delay(2_000);
    await clock.jump(scenario, hours);
    await delay(5_000);
    expect(await scenario.deployment(id)).toMatchObject({ phase: 'waiting' });
    const digest = await scenario.push(NEXT);
    const [ended, took] = await timed(scenario.ended(id, 60_000));
    expect(ended).toMatchObject({ phase: 'succeeded', digest });
    expect(took).toBeLessThan(45_000);
    told('the registry is asked 5, 15, 30 and 60 s after a push', 'asked at its times');
  });

  it('while a registry is away or has asked for a pause, loses no deployment and fires none twice', async () => {
    const rig = sharedRig();
    const registry = await FaultyRegistry.start(rig.registryHost);
    onTestFinished(() => registry.remove());
    const { clock, scenario } = await Clock.start({
      app: HEALTHY,
      stage: { ...rig, registryHost: registry.host },
      configuration: OPEN,
    });
    const digest = await scenario.push(NEXT);
    registry.set(({ isEngine }) =>
      isEngine ? null : { status: 429, headers: { 'retry-after': '3' } },
    );
    const pushedAt = 1_700_000_000;
    const first = (await (await scenario.hook('latest', pushedAt)).json()) as {
      deployments: string[];
    };
    const id = first.deployments[0] ?? '';
    await waitFor(
      'it to wait for the registry',
      () => scenario.deployment(id),
      ({ reason }) => reason?.startsWith('waits for the registry') === true,
    );
    await clock.jump(scenario, hours);
    registry.mend();
    // The same hook again: the window of duplicates is one of the wall clock.
    expect((await scenario.hook('latest', pushedAt)).status).toBe(202);
    const [ended, took] = await timed(scenario.ended(id, 90_000));
    expect(ended).toMatchObject({ phase: 'succeeded', digest });
    expect(took).toBeLessThan(60_000);
    expect((await scenario.hook('latest', pushedAt)).status).toBe(202);
    await delay(3_000);
    const rollouts = (await all(scenario)).filter(({ startedAt }) => startedAt !== null);
    expect(rollouts.map((each) => each.id)).toEqual([id]);
    told('a registry is away, with Retry-After; the same hook comes again', 'deployed once');
  });

  it.each(ALL_TRIALS ? GATES : GATES.slice(0, 1))(
    'in a health gate with %s fails no good version',
    async (what, rollout, app) => {
      const { clock, scenario } = await Clock.start({
        service: ['tag: latest', rollout],
        configuration: OPEN,
      });
      await scenario.push({ version: 'v2', ...app });
      const id = await scenario.hookedDeployment();
      await atStep(scenario, id, 'verify-new');
      await clock.jump(scenario, hours);
      const [ended, took] = await timed(scenario.ended(id, 60_000));
      expect(ended).toMatchObject({ phase: 'succeeded', error: null });
      expect(took).toBeLessThan(30_000);
      expect(await scenario.remains()).toMatchObject({ serves: 'v2', quarantined: [] });
      told(`a new version proves itself by ${what}`, 'succeeded in its time');
    },
  );

  it.each(ALL_TRIALS ? ['a drain'] : [])('in %s lets it end in its time', async () => {
    const { clock, scenario } = await Clock.start({
      service: [
        'tag: latest',
        'rollout: { strategy: start-first, drain: { wait: 4s }, watch: 2s, health: { stableFor: 1s } }',
      ],
      container: { HostConfig: { PortBindings: {} } },
      configuration: OPEN,
    });
    await scenario.push({ version: 'v2' });
    const id = await scenario.hookedDeployment();
    await atStep(scenario, id, 'drain-old');
    const [ended, took] = await timed(
      clock.jump(scenario, hours).then(() => scenario.ended(id, 60_000)),
    );
    expect(ended).toMatchObject({ phase: 'succeeded', error: null, downtimeMs: 0 });
    expect(took).toBeGreaterThan(3_000);
    expect(took).toBeLessThan(30_000);
    told('the old version finishes its requests', 'given its time, no more');
  });

  it('leaves limits as long as they are', async () => {
    const limits =
      '{ webhook: { limit: 2, per: 6s }, api: { limit: 0 }, failedAuth: { limit: 2, per: 6s } }';
    const { clock, scenario } = await Clock.start({
      app: HEALTHY,
      configuration: [`server: { throttle: ${limits} }`],
    });
    const wrong = (): Promise<Response> =>
      scenario.deploy.api('/deployments', { headers: { authorization: 'Bearer wrong' } });
    for (let count = 0; count < 2; count += 1) {
      expect((await scenario.hook('another-tag')).status).toBe(202);
      expect((await wrong()).status).toBe(401);
    }
    expect((await scenario.hook('another-tag')).status).toBe(429);
    expect((await wrong()).status).toBe(429);
    await clock.jump(scenario, hours);
    expect((await scenario.hook('another-tag')).status).toBe(429);
    expect((await wrong()).status).toBe(429);
    const open = async (): Promise<readonly number[]> => [
      (await scenario.hook('another-tag')).status,
      (await wrong()).status,
    ];
    await delay(6_500);
    expect(await open()).toEqual([202, 401]);
    told('a sender and a wrong token are held off', 'held off as long as it says');
  });

  it('over a restart keeps the order of what came, and the stream of events whole', async () => {
    const { clock, scenario } = await Clock.start({ app: HEALTHY, configuration: OPEN });
    const first = await scenario.ship(NEXT);
    await scenario.deploy.stop();
    await clock.set(hours);
    await scenario.deploy.start();
    const stream = await scenario.deploy.api('/events', { headers: { 'last-event-id': '0' } });
    const second = await scenario.ship({ version: 'v3', check: 'healthy' });
    expect(second).toMatchObject({ phase: 'succeeded', previousDigest: first.digest });
    expect(second.id > first.id).toBe(true);
    expect((await all(scenario)).map(({ id }) => id)).toEqual([second.id, first.id]);
    const ids = await eventIds(stream, second.id);
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other));
    told('the server is restarted', 'order kept, each event told once');
  });
});

/** The ids of events up to the one that tells of the deployment's success. */
async function eventIds(stream: Response, until: string): Promise<readonly number[]> {
  const ids: number[] = [];
  let text = '';
  const decoder = new TextDecoder();
  if (stream.body === null) throw new Error('there is no stream');
  for await (const chunk of stream.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const id = /^id: (\d+)$/m.exec(event)?.[1];
      if (id !== undefined) ids.push(Number(id));
      if (event.includes(until) && event.includes('"phase":"succeeded"')) return ids;
    }
  }
  return ids;
}
