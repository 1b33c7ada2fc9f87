import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SampleApp } from '../support/sample-app.js';
import { Scenario } from '../support/scenario.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';
import { waitFor } from '../support/wait-for.js';
import { STORAGE_TROUBLES, type FrailStorage } from './storage-troubles.js';

const GOOD = { version: 'v2', check: 'healthy' } as const;
const BAD = { version: 'bad', exitsAtOnce: 1 } as const;
const rows: (readonly string[])[] = [];

afterAll(async () => {
  await recordTrials('storage-faults', {
    title: 'A storage that fails',
    command: 'npm run test:faults -- test/faults/storage-faults.e2e.test.ts',
    columns: [
      'the storage',
      'SQLite says',
      'from when on',
      'the version',
      'on the engine meanwhile',
      'deliveries meanwhile',
      'when it is well again',
    ],
    rows,
  });
});

async function aScenario(
  trouble: () => Promise<FrailStorage>,
): Promise<{ storage: FrailStorage; scenario: Scenario }> {
  const storage = await trouble();
  const { folder } = storage;
  const environment =
    folder === undefined ? {} : { DEPLOY_STORAGE: `sqlite:${join(folder, 'deploy.db')}` };
  const scenario = await Scenario.start({
    // Its stop takes long enough to break the storage in the middle of it.
    app: { version: 'v1', check: 'healthy', stopsFor: 3 },
    deploy: { environment },
    configuration: [
      'server: { throttle: { webhook: { limit: 0 }, api: { limit: 0 }, failedAuth: { limit: 0 } } }',
    ],
  });
  return { storage, scenario };
}

/** The errors of SQLite that the server told of. */
function sqliteSays({ deploy }: Scenario): string {
  const told = [...deploy.stdout.matchAll(/storage does not work: ([a-z /]+)/gi)];
  expect(told).not.toEqual([]);
  return [...new Set(told.map(([, words = '']) => words))].sort().join(', ');
}

/** Posts hooks; returns how many were refused, and the ids of those that were answered 202. */
class Senders {
  readonly accepted: string[] = [];
  refused = 0;

  constructor(private readonly scenario: Scenario) {}

  async send(tag = 'another-tag'): Promise<void> {
    const answer = await this.scenario.hook(tag);
    const body = (await answer.json()) as { delivery: string };
    if (answer.status === 202) {
      this.accepted.push(body.delivery);
      return;
    }
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body).toMatchObject({ code: 'storage-unavailable' });
    this.refused += 1;
  }

  /** Everything that was answered 202 is there, and nothing that was refused is. */
  async check(earlier: number): Promise<void> {
    const answer = await this.scenario.deploy.api('/deliveries?limit=200');
    const { items } = (await answer.json()) as { items: { id: string }[] };
    const stored = items.map(({ id }) => id);
    expect(stored).toEqual(expect.arrayContaining(this.accepted));
    expect(stored).toHaveLength(this.accepted.length + earlier);
  }
}

type Ending = readonly [what: string, app: SampleApp, phase: string, serves: string];
const ENDINGS: readonly Ending[] = [
  ['good', GOOD, 'succeeded', 'v2'],
  ['bad', BAD, 'rolled-back', 'v1'],
];

/** Of a full disk alone test/storage.e2e.test.ts tells, a disk that gave up needs a restart. */
const troubles = Object.entries(STORAGE_TROUBLES).filter(
  ([what]) => ALL_TRIALS || /locked|cannot be/.test(what),
);

describe.each(troubles)('a storage that %s', (what, trouble) => {
  const endings = ENDINGS.filter(([ending]) => ALL_TRIALS || ending === 'good');

  it.each(endings)(
    'while the old container stops does not keep the service down: a %s version',
    async (ending, app, phase, serves) => {
      const { storage, scenario } = await aScenario(trouble);
      const senders = new Senders(scenario);
      await scenario.push(app);
      const id = await scenario.hookedDeployment();
      await waitFor(
        'the old one to be stopping',
        () => scenario.deployment(id),
        ({ steps }) => steps.some((step) => step.name === 'stop-old'),
      );
      await storage.break(scenario.deploy);
      await waitFor(
        'the rollout to have its way on the engine',
        async () => {
          await storage.break(scenario.deploy);
          await senders.send();
          const names = await scenario.names();
          return names.length === 1 && (await scenario.served()) === serves;
        },
        Boolean,
        { within: 90_000, every: 200, longestLook: 15_000 },
      );
      expect(senders.refused).toBeGreaterThan(0);
      expect((await fetch(`${scenario.deploy.baseUrl}/health/live`)).status).toBe(200);

      await storage.mend(scenario.deploy);
      expect(await scenario.ended(id, 90_000)).toMatchObject({ phase });
      await senders.check(1);
      expect(await scenario.remains()).toMatchObject({
        serves,
        names: [scenario.container],
        restart: 'always',
      });
      rows.push([
        what,
        sqliteSays(scenario),
        'the old container stops',
        ending,
        `serves ${serves}`,
        `${String(senders.refused)} refused with 503`,
        phase,
      ]);
    },
  );

  // The same storages and senders as above, at another moment.
  if (!ALL_TRIALS) return;

  it('from a delivery on that was answered 202 loses nothing of it', async () => {
    const { storage, scenario } = await aScenario(trouble);
    const before = await scenario.inspect();
    const senders = new Senders(scenario);
    const digest = await scenario.push(GOOD);
    const id = await scenario.hookedDeployment();
    await storage.break(scenario.deploy);
    for (let look = 0; look < 20; look += 1) {
      await storage.break(scenario.deploy);
      await senders.send();
      expect(await scenario.served().catch(() => 'nothing')).toMatch(/^(v1|v2|nothing)$/);
      await delay(250);
    }
    const meanwhile =
      (await scenario.inspect()).Id === before.Id ? 'the old one serves' : 'replaced';

    await storage.mend(scenario.deploy);
    expect(await scenario.ended(id, 120_000)).toMatchObject({ phase: 'succeeded', digest });
    await senders.check(1);
    expect(await scenario.remains()).toMatchObject({ serves: 'v2', names: [scenario.container] });
    rows.push([
      what,
      sqliteSays(scenario),
      'its delivery was answered 202',
      'good',
      meanwhile,
      `${String(senders.refused)} refused with 503`,
      'succeeded',
    ]);
  });
});
