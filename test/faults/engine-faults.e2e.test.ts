import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { aFewFaults, FAULT_TITLES, plannedFaults, titleOf } from '../support/fault-plan.js';
import type { FaultCase } from '../support/fault-lane.js';
import { FaultSuite, nameOf, type FaultPlan, type FaultSummary } from '../support/fault-suite.js';
import { LAST_WORD } from '../support/fleet-container.js';
import type { FleetOptions } from '../support/kill-fleet.js';
import { sharedRig } from '../support/shared-rig.js';
import { ALL_TRIALS, recordTrials } from '../support/trials.js';

/**
 * Between Deploy and the engine, at one call of a deployment, something goes wrong. A good version has to take over
 * all the same, a bad one has to make room for the old one, and what is told has to be so.
 * `npm run test:faults`: every fault at every call, and one of them at the looks between; of a bad version from its
 * start on, for before that nothing can tell one from another. By default every fault comes once: half of them to a good
 * version by recreate, and half of them to a bad one by handover.
 */
const LANES = ALL_TRIALS ? 6 : 2;
/** Of what is planned so many may not come: how often Deploy looks depends on the moment. */
const MAY_MISS = 0.1;

const WGET = '[/bin/wget, -q, -O, /dev/null, "http://127.0.0.1:8080/"]';
const RECREATE = '{ health: { stableFor: 500ms } }';
const START_FIRST = `strategy: start-first, overlap: allowed, drain: { signal: SIGUSR1, wait: 100ms }, health: { stableFor: 300ms, exec: { command: ${WGET} } }`;
const HANDOVER = 'strategy: handover, overlap: allowed, health: { stableFor: 300ms }';
const GOOD = { image: 'good', bad: {}, codes: [] } as const;
const BAD = { image: 'bad', codes: ['unhealthy'] } as const;
/** Unhealthy once the old one was told to stop; once it has left the network on which it waited for the ports. */
const ALONE = `[ -e ${LAST_WORD} ]`;
const OUTSIDE = "! busybox ip -4 -o addr | busybox grep -q 'inet 198[.]1[89][.]'";

interface Row {
  readonly strategy: FaultCase['strategy'];
  readonly options: FleetOptions;
  readonly cases: readonly Omit<FaultCase, 'strategy'>[];
}

const ROWS: readonly Row[] = [
  {
    strategy: 'recreate',
    options: {},
    cases: [
      { ...GOOD, rollout: RECREATE },
      { ...BAD, rollout: RECREATE, bad: { check: 'unhealthy', checkEvery: 500 } },
    ],
  },
  {
    strategy: 'start-first',
    options: { hasNetworks: true, hasFixedPort: false },
    cases: [
      { ...GOOD, rollout: `{ ${START_FIRST}, watch: 500ms }` },
      {
        ...BAD,
        rollout: `{ ${START_FIRST}, watch: 10s }`,
        bad: { check: 'healthy', checkEvery: 500, unhealthyOnce: ALONE },
      },
    ],
  },
  {
    strategy: 'handover',
    options: { hasNetworks: true },
    cases: [
      { ...GOOD, rollout: `{ ${HANDOVER}, watch: 500ms }` },
      {
        ...BAD,
        rollout: `{ ${HANDOVER}, watch: 10s }`,
        bad: { check: 'healthy', checkEvery: 500, unhealthyOnce: OUTSIDE },
      },
    ],
  },
];

/** By default without start-first: most of its steps are those of a handover too. */
const FEW: Readonly<Partial<Record<Row['strategy'], FaultCase['image']>>> = {
  recreate: 'good',
  handover: 'bad',
};
const TRIED = ALL_TRIALS
  ? ROWS
  : ROWS.map((row) => ({
      ...row,
      cases: row.cases.filter(({ image }) => image === FEW[row.strategy]),
    })).filter(({ cases }) => cases.length > 0);

describe('a fault of the engine in the middle of a deployment', () => {
  let suite: FaultSuite | null = null;
  const summaries: FaultSummary[] = [];
  afterEach(async () => {
    await suite?.remove();
  });
  afterAll(() =>
    recordTrials('engine-faults', {
      title: 'Faults of the engine at every call of a deployment',
      command: 'npm run test:faults -- test/faults/engine-faults.e2e.test.ts',
      columns: [
        'the engine',
        ...summaries.map(({ kase }) => `${kase.strategy}, ${kase.image} version`),
        'faults',
      ],
      rows: [
        ['(places in the deployment)', ...summaries.map(({ places }) => places), ''],
        ...FAULT_TITLES.map((title) => rowOf(title, summaries)),
      ],
    }),
  );

  it.each(TRIED)(
    'leaves the service up by $strategy, and says what is so',
    async ({ strategy, cases, options }) => {
      const all = cases.map((kase) => ({ strategy, ...kase }));
      suite = await FaultSuite.start(sharedRig(), all, LANES, options);
      const plan: FaultPlan = (kase, events) => {
        const faults = plannedFaults(events);
        return ALL_TRIALS ? faults : aFewFaults(faults, kase.image === 'good' ? 0 : 1);
      };
      const found = await suite.tryAll(plan);
      summaries.push(...found);
      const runs = found.flatMap((summary) => summary.runs);
      const missed = found.flatMap((summary) => summary.missed);
      console.log(
        `faults by ${strategy}: ${String(runs.length)} runs; not come: ${missed.join(', ')}`,
      );
      const troubles = runs.filter((run) => run.troubles.length > 0);
      expect(troubles.map((run) => `${nameOf(run.fault)}: ${run.troubles.join('; ')}`)).toEqual([]);
      expect(missed.length).toBeLessThanOrEqual(MAY_MISS * (runs.length + missed.length));
    },
    3_600_000,
  );
});

/** How many runs each case had of a fault, and after how many something was wrong. */
function rowOf(title: string, summaries: readonly FaultSummary[]): (string | number)[] {
  const of = ({ runs }: FaultSummary): FaultSummary['runs'] =>
    runs.filter(({ fault }) => titleOf(fault) === title);
  const faults = summaries.flatMap(of).filter(({ troubles }) => troubles.length > 0);
  return [title, ...summaries.map((summary) => of(summary).length), faults.length];
}
