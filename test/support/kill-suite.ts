import type { Phase } from '../../src/domain/deployment/deployment.js';
import type { Fleet, FleetService } from './kill-fleet.js';
import type { KillLane, KillTarget, RecordedEvent } from './kill-lane.js';
import { OverlapDetector } from './kill-witness.js';
import type { SampleApp } from './sample-app.js';
import type { Stage } from './service-setup.js';
import { waitFor } from './wait-for.js';

/** Deploy promises that a container serves within 10 s of readiness. The sample app stops at once, so no stop adds to it. */
const SERVES_WITHIN_MS = 10_000;

/** How a deployment has to end wherever Deploy is killed. */
export interface KillEnd {
  readonly phases: readonly Phase[];
  readonly serves: string;
}

/** What is pushed, and how its deployment has to end. */
export interface KillCase extends KillEnd {
  readonly next: SampleApp;
  /**
   * A start of Deploy costs more than a rollout: one kill is for so many deployments. Images that fail keep the
   * engine busy, and more than it can do would only make everything wait.
   */
  readonly atOnce: number;
  /** For the test's report. */
  readonly name: string;
  readonly coverage: Coverage;
  /** Leaves out what comes before the first event that has this in its name. */
  readonly from: string;
  /** Every so many positions one is taken; 1: all of them. */
  readonly every: number;
  /** Two containers of a service run at once for a while. */
  readonly overlaps?: true;
}

/** Which instants of a recorded deployment a run is killed at. */
export type Coverage =
  /** Before, during and after every call, before and after every look at the engine and every commit. */
  | 'all'
  /**
   * Before the first event, during every call, and after every call and commit. Where nothing changes
   * between the end of one event and the begin of the next, these are all states that a kill can leave.
   */
  | 'instants'
  /** Before the first event, during every call and after every commit. */
  | 'calls-and-commits';

const SIDES_OF_READS = ['before', 'after'] as const;

interface KillPlan {
  readonly positions: readonly string[];
  /** Those at which the delivery is not stored yet. */
  readonly unstored: ReadonlySet<string>;
}

/**
 * The positions of a recorded deployment. Of the looks at the engine only those that a second recording
 * had too: how often Deploy looks while it waits depends on the moment.
 * @param from Leaves out what comes before the first event that has this in its name.
 */
function killPlan(
  recorded: readonly RecordedEvent[],
  again: readonly RecordedEvent[],
  coverage: Coverage,
  from = '',
): KillPlan {
  const stable = new Set(again.map((each) => each.event));
  const positions: string[] = [];
  const unstored = new Set<string>();
  const delivery = recorded.findIndex((each) => each.event.includes('deliveries'));
  const first = recorded.findIndex((each) => each.event.includes(from));
  if (delivery < 0 || first < 0) throw new Error(`the recording lacks deliveries or "${from}"`);
  for (const [index, { kind, event }] of recorded.entries()) {
    const sides =
      kind === 'read'
        ? SIDES_OF_READS
        : [
            ...(coverage === 'all' || index === first ? ['before'] : []),
            ...(kind === 'call' ? ['during'] : []),
            ...(kind === 'call' && coverage === 'calls-and-commits' ? [] : ['after']),
          ];
    const isLeftOut = kind === 'read' && (coverage !== 'all' || !stable.has(event));
    if (index < first || isLeftOut) continue;
    for (const side of sides) {
      const position = `${side} ${event}`;
      positions.push(position);
      if (index < delivery || (index === delivery && side === 'before')) unstored.add(position);
    }
  }
  return { positions, unstored };
}

export interface KillSummary {
  readonly planned: number;
  readonly hit: number;
  readonly faults: readonly string[];
  readonly seconds: number;
}

/**
 * The positions in groups, each for one kill, which every deployment of the group meets at its own position.
 * They are neighbours, so that none stands still for long while the engine goes on.
 */
function killGroups(positions: readonly string[], size: number): string[][] {
  const groups: string[][] = [];
  for (let at = 0; at < positions.length; at += size) groups.push(positions.slice(at, at + size));
  return groups;
}

/** Records the case undisturbed, then kills at every position that its coverage asks for. */
export async function killEverywhere(
  lanes: readonly KillLane[],
  stage: Stage,
  kase: KillCase,
): Promise<KillSummary> {
  const [recorded = [], again = []] = await Promise.all(
    lanes.slice(0, 2).map(async (lane) => {
      const service = await lane.fleet.add(kase.next);
      const events = await lane.record(service);
      await lane.fleet.clear(service);
      return events;
    }),
  );
  const whole = killPlan(recorded, again, kase.coverage, kase.from);
  const positions = whole.positions.filter((_, index) => index % kase.every === 0);
  const plan = { ...whole, positions };
  const summary = await runKills(lanes, stage, kase, plan);
  const { planned, hit, seconds } = summary;
  console.log(`kill -9, ${kase.name}: ${planned} positions planned, ${hit} hit, ${seconds} s`);
  return summary;
}

/** Kills a Deploy at every position, and tells of every service that was not well after. */
async function runKills(
  lanes: readonly KillLane[],
  stage: Stage,
  kase: KillCase,
  plan: KillPlan,
): Promise<KillSummary> {
  const began = performance.now();
  const neverBoth = await OverlapDetector.watch(
    stage.docker,
    lanes.map(({ fleet }) => fleet.name),
  );
  const left = killGroups(plan.positions, kase.atOnce);
  const faults: string[] = [];
  let hit = 0;
  const check = async ({ service, position }: KillTarget, fleet: Fleet): Promise<void> => {
    try {
      await checkAfterKill(fleet, service, kase, plan.unstored.has(position));
    } catch (error) {
      const fault = `${position}: ${error instanceof Error ? error.message : String(error)}`;
      console.log(fault);
      faults.push(fault);
    }
  };
  const work = async (lane: KillLane): Promise<void> => {
    const { fleet } = lane;
    let targets = await prepare(fleet, kase, left.shift());
    if (targets.length > 0) await lane.start(targets.map(({ service }) => service));
    while (targets.length > 0) {
      const [now, later] = [targets, await prepare(fleet, kase, left.shift())];
      targets = later;
      const missed = await lane.killAt(now);
      if (missed.length > 0) console.log(`not hit: ${missed.join(', ')}`);
      hit += now.length - missed.length;
      await lane.start([...now, ...later].map(({ service }) => service));
      await Promise.all(now.map((target) => check(target, fleet)));
      await Promise.all(now.map(({ service }) => fleet.clear(service)));
      if (faults.length > 10) break;
    }
    await Promise.all(targets.map(({ service }) => fleet.clear(service)));
  };
  await Promise.all(lanes.map((lane) => work(lane).finally(() => lane.fleet.deploy.kill())));
  neverBoth.end();
  return {
    planned: plan.positions.length,
    hit,
    faults: [
      ...faults,
      ...(kase.overlaps === true ? [] : neverBoth.violations).map((name) => `two at once: ${name}`),
    ],
    seconds: Math.round((performance.now() - began) / 1_000),
  };
}

/** Services that run v1, one for each position. */
async function prepare(
  fleet: Fleet,
  kase: KillCase,
  positions: readonly string[] = [],
): Promise<KillTarget[]> {
  return Promise.all(
    positions.map(async (position) => ({ position, service: await fleet.add(kase.next) })),
  );
}

/** That a service is well, and its record true, after Deploy was killed during its deployment. @throws Error where not */
export async function checkAfterKill(
  fleet: Fleet,
  service: FleetService,
  kase: KillEnd,
  isUnstored: boolean,
): Promise<void> {
  const served = (): Promise<string> => fleet.served(service);
  await waitFor('a container to serve', served, Boolean, { within: SERVES_WITHIN_MS });
  if (isUnstored) {
    expectSame(await fleet.deployment(service), null);
    expectSame(await fleet.outcome(service), fleet.expected(service, 'v1', []));
    return;
  }
  const deployment = await fleet.ended(service);
  if (!kase.phases.includes(deployment.phase)) {
    throw new Error(`is ${deployment.phase}: ${JSON.stringify(deployment.error)}`);
  }
  expectSame(deployment.digest, service.nextDigest);
  const quarantined = kase.phases.includes('succeeded') ? [] : [service.nextDigest];
  // What was just started is given a moment until it listens.
  await waitFor(
    `${kase.serves} to serve after ${JSON.stringify(deployment)}`,
    served,
    (version) => version === kase.serves,
    { within: 5_000 },
  );
  expectSame(await fleet.outcome(service), fleet.expected(service, kase.serves, quarantined));
}

function expectSame(seen: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`is ${left}, not ${right}`);
}
