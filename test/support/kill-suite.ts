import type { Fleet, FleetService } from './kill-fleet.js';
import type { KillLane, RecordedEvent } from './kill-lane.js';
import { NeverBoth } from './kill-witness.js';
import type { SampleApp } from './sample-app.js';
import type { Stage } from './scene.js';
import { waitFor } from './wait-for.js';

/** CONTRACT: a container serves within 10 s of readiness. The sample app stops at once, so no stop adds to it. */
const SERVES_WITHIN_MS = 10_000;

/** What is pushed, and how its deployment has to end wherever Deploy is killed. */
export interface KillCase {
  readonly next: SampleApp;
  readonly phase: 'succeeded' | 'rolled-back';
  readonly serves: string;
}

/** Which instants of a recorded deployment a run is killed at. */
export type Coverage =
  /** Before, during and after every call, and before and after every commit. */
  | 'all'
  /** As `instants`, and before each kind of look at the engine. */
  | 'instants-and-reads'
  /**
   * Before the first event, during every call, and after every call and commit. Where nothing changes
   * between the end of one event and the begin of the next, these are all states that a kill can leave.
   */
  | 'instants';

export interface KillPlan {
  readonly positions: readonly string[];
  /** Those at which the delivery is not stored yet. */
  readonly unstored: ReadonlySet<string>;
}

/**
 * The positions of a recorded deployment. Of the looks at the engine only those that a second recording
 * had too: how often Deploy looks while it waits depends on the moment.
 * @param from Leaves out what comes before the first event that has this in its name.
 */
export function killPlan(
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
        ? { all: ['before', 'after'], 'instants-and-reads': ['before'], instants: [] }[coverage]
        : [
            ...(coverage === 'all' || index === first ? ['before'] : []),
            ...(kind === 'call' ? ['during'] : []),
            'after',
          ];
    if (index < first || (kind === 'read' && !stable.has(event))) continue;
    // Of the many looks of one kind between two changes the first stands for all.
    if (coverage !== 'all' && kind === 'read' && !event.endsWith('#1')) continue;
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

/** Kills a Deploy once at every position, several at a time, and tells of every service that was not well after. */
export async function runKills(
  lanes: readonly KillLane[],
  stage: Stage,
  kase: KillCase,
  plan: KillPlan,
): Promise<KillSummary> {
  const began = performance.now();
  const neverBoth = await NeverBoth.watch(stage.docker);
  const left = [...plan.positions];
  const faults: string[] = [];
  let hit = 0;
  const work = async (lane: KillLane): Promise<void> => {
    const { fleet } = lane;
    let service = await fleet.add(kase.next);
    for (;;) {
      const position = left.shift();
      if (position === undefined) return fleet.clear(service);
      try {
        await lane.killAt(position, service);
        hit += 1;
        const [fresh] = await Promise.all([fleet.add(kase.next), fleet.start()]);
        const killed = service;
        service = fresh;
        await checkAfterKill(fleet, killed, kase, plan.unstored.has(position));
        await fleet.clear(killed);
      } catch (error) {
        const fault = `${position}: ${error instanceof Error ? error.message : String(error)}`;
        console.log(fault);
        faults.push(fault);
        if (fleet.deploy.ended) await fleet.start();
        if (faults.length > 10) return;
      }
    }
  };
  await Promise.all(lanes.map(work));
  neverBoth.end();
  return {
    planned: plan.positions.length,
    hit,
    faults: [...faults, ...neverBoth.violations.map((name) => `two at once: ${name}`)],
    seconds: Math.round((performance.now() - began) / 1_000),
  };
}

async function checkAfterKill(
  fleet: Fleet,
  service: FleetService,
  kase: KillCase,
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
  expectSame(deployment.phase, kase.phase);
  expectSame(deployment.digest, service.nextDigest);
  const quarantined = kase.phase === 'succeeded' ? [] : [service.nextDigest];
  // What was just started is given a moment until it listens.
  await waitFor('the version', served, (version) => version === kase.serves, { within: 5_000 });
  expectSame(await fleet.outcome(service), fleet.expected(service, kase.serves, quarantined));
}

function expectSame(seen: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`is ${left}, not ${right}`);
}
