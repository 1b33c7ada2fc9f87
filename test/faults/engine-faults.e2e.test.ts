import { afterEach, describe, expect, it } from 'vitest';
import { FaultSuite, singleFaults } from '../support/fault-suite.js';
import type { FaultCase } from '../support/fault-lane.js';
import { LAST_WORD, type FleetOptions } from '../support/kill-fleet.js';
import { sharedRig } from '../support/shared-rig.js';

const LANES = Number(process.env['LANES'] ?? 5);

const START_FIRST = `strategy: start-first, overlap: allowed, drain: { signal: SIGUSR1, wait: 100ms }, health: { stableFor: 300ms, exec: { command: [/bin/wget, -q, -O, /dev/null, "http://127.0.0.1:8080/"] } }`;
const HANDOVER = 'strategy: handover, overlap: allowed, health: { stableFor: 300ms }';

interface Row {
  readonly strategy: FaultCase['strategy'];
  readonly options: FleetOptions;
  readonly cases: readonly FaultCase[];
}

const ROWS: readonly Row[] = [
  {
    strategy: 'recreate',
    options: {},
    cases: [
      {
        strategy: 'recreate',
        image: 'good',
        rollout: '{ health: { stableFor: 500ms } }',
        bad: {},
        codes: [],
      },
      {
        strategy: 'recreate',
        image: 'bad',
        rollout: '{ health: { stableFor: 500ms } }',
        bad: { check: 'unhealthy', checkEvery: 500 },
        codes: ['unhealthy'],
      },
    ],
  },
  {
    strategy: 'start-first',
    options: { hasNetworks: true, hasFixedPort: false },
    cases: [
      {
        strategy: 'start-first',
        image: 'good',
        rollout: `{ ${START_FIRST}, watch: 500ms }`,
        bad: {},
        codes: [],
      },
      {
        strategy: 'start-first',
        image: 'bad',
        rollout: `{ ${START_FIRST}, watch: 10s }`,
        bad: { check: 'healthy', checkEvery: 500, unhealthyOnce: `[ -e ${LAST_WORD} ]` },
        codes: ['unhealthy'],
      },
    ],
  },
  {
    strategy: 'handover',
    options: { hasNetworks: true },
    cases: [
      {
        strategy: 'handover',
        image: 'good',
        rollout: `{ ${HANDOVER}, watch: 500ms }`,
        bad: {},
        codes: [],
      },
      {
        strategy: 'handover',
        image: 'bad',
        rollout: `{ ${HANDOVER}, watch: 10s }`,
        bad: {
          check: 'healthy',
          checkEvery: 500,
          unhealthyOnce: "! busybox ip -4 -o addr | busybox grep -q 'inet 198[.]1[89][.]'",
        },
        codes: ['unhealthy'],
      },
    ],
  },
];

describe('a fault of the engine at one call of a deployment', () => {
  let suite: FaultSuite | null = null;
  afterEach(async () => {
    await suite?.remove();
  });

  it.each(ROWS)(
    'leaves the service up by $strategy',
    async ({ cases, options }) => {
      const begun = performance.now();
      suite = await FaultSuite.start(sharedRig(), cases, LANES, options);
      console.log('ready', performance.now() - begun);
      const summaries = await suite.tryAll((events) => {
        if (process.env['SHOW']) console.log(events.map((e) => `${e.kind} ${e.event}`).join('\n'));
        const all = singleFaults(events);
        console.log('planned', all.length);
        const only = process.env['ONLY'];
        const some =
          only === undefined
            ? all
            : all.filter((f) => new RegExp(only).test(`${f.kind} at ${f.at}`));
        return some.slice(0, Number(process.env['MOST'] ?? some.length));
      });
      console.log('took', performance.now() - begun);
      for (const { runs, missed } of summaries)
        console.log(runs.length, 'runs', missed.length, 'missed', missed);
      expect(
        summaries.flatMap(({ runs }) =>
          runs
            .filter((r) => r.troubles.length > 0)
            .map(({ fault, troubles }) => `${fault.kind} at ${fault.at}: ${troubles.join()}`),
        ),
      ).toEqual([]);
    },
    1_800_000,
  );
});
