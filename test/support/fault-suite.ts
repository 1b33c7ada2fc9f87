import { fileURLToPath } from 'node:url';
import { troublesOf } from './fault-checks.js';
import { FaultLane, type FaultCase } from './fault-lane.js';
import { FaultProxy, type AskedEvent, type PlannedFault } from './fault-proxy.js';
import { Fleet, type FleetOptions } from './kill-fleet.js';
import type { Stage } from './service-setup.js';

/** Deploy's deadlines for an engine's answer are 30 s, and 60 s for a start: here so many times shorter. */
const DEADLINES_TIMES = 5;
const LONGEST_DEADLINE_MS = 60_000 / DEADLINES_TIMES;
const QUICK_DEADLINES = fileURLToPath(new URL('quick-deadlines.js', import.meta.url));
const START = 'POST /containers/:id/start';

/** What was tried on one case, and what was wrong after. */
export interface FaultSummary {
  readonly kase: FaultCase;
  /** Places in its deployment at which something was planned. */
  readonly places: number;
  /** Of each run in which the fault came. */
  readonly runs: readonly FaultRun[];
  /** What was planned and did not come. */
  readonly missed: readonly string[];
}

export interface FaultRun {
  readonly fault: PlannedFault;
  readonly troubles: readonly string[];
}

/** Which faults are tried on a case whose undisturbed deployment asked so. */
export type FaultPlan = (kase: FaultCase, events: readonly AskedEvent[]) => readonly PlannedFault[];

/** A Deploy whose services have each their own way to the engine, and all cases of one strategy on it. */
export class FaultSuite {
  private constructor(
    private readonly fleet: Fleet,
    private readonly lanes: readonly FaultLane[],
    private readonly proxies: readonly FaultProxy[],
  ) {}

  /** @param lanes How many services try faults at once, for each case. */
  static async start(
    stage: Stage & { readonly socket: string },
    cases: readonly FaultCase[],
    lanes: number,
    options: Pick<FleetOptions, 'hasNetworks' | 'hasFixedPort'>,
  ): Promise<FaultSuite> {
    const planned = cases.flatMap((kase) => Array.from({ length: lanes }, () => kase));
    const proxies = await Promise.all(planned.map(() => FaultProxy.start(stage.socket, 'kill-')));
    const names = planned.map((_, index) => `s${String(index + 1)}`);
    const own = new Map(
      planned.map(({ rollout }, index) => {
        return [names[index] ?? '', { rollout, engineHost: proxies[index]?.host ?? '' }];
      }),
    );
    const fleet = await Fleet.prepare(stage, names.length, {
      ...options,
      own,
      environment: { QUICK_DEADLINES_TIMES: String(DEADLINES_TIMES) },
      nodeArguments: ['--import', QUICK_DEADLINES],
    });
    const made: FaultLane[] = [];
    for (const [index, kase] of planned.entries()) {
      const proxy = proxies[index];
      if (proxy === undefined) continue;
      made.push(new FaultLane(fleet, await fleet.add({ version: 'v2' }), proxy, kase));
    }
    await fleet.start();
    return new FaultSuite(fleet, made, proxies);
  }

  async remove(): Promise<void> {
    await this.fleet.deploy.remove();
    await Promise.all(this.lanes.map(({ service }) => this.fleet.clear(service)));
    await Promise.all(this.proxies.map((proxy) => proxy.remove()));
  }

  /** Records every case, then tries the faults of all of them. */
  tryAll(plan: FaultPlan): Promise<readonly FaultSummary[]> {
    const cases = [...new Set(this.lanes.map(({ kase }) => kase))];
    return Promise.all(cases.map((kase) => this.tryCase(kase, plan)));
  }

  private async tryCase(kase: FaultCase, plan: FaultPlan): Promise<FaultSummary> {
    const lanes = this.lanes.filter((lane) => lane.kase === kase);
    const left = [...plan(kase, await recorded(lanes))];
    const places = new Set(left.map(({ at }) => at)).size;
    const runs: FaultRun[] = [];
    const missed: string[] = [];
    const work = async (lane: FaultLane): Promise<void> => {
      for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
        const { troubles, isHit, isUsable } = await tryOne(lane, fault);
        if (isHit) runs.push({ fault, troubles });
        else missed.push(nameOf(fault));
        if (!isUsable) return;
      }
      await lane.deployAgain();
    };
    await Promise.all(lanes.map(work));
    return { kase, places, runs, missed: [...missed, ...left.map(nameOf)] };
  }
}

/** For reports. */
export function nameOf({ kind, at, lasting }: PlannedFault): string {
  return `${kind} at ${at}${lasting === undefined ? '' : ` ${JSON.stringify(lasting)}`}`;
}

/** The events that two recordings have in common; of a bad version only from the new container's start on. */
async function recorded(lanes: readonly FaultLane[]): Promise<readonly AskedEvent[]> {
  const [one = [], other = []] = await Promise.all(lanes.slice(0, 2).map((lane) => lane.record()));
  const known = new Set(other.map(({ event }) => event));
  const stable = one.filter(({ event }) => known.has(event));
  const isBad = lanes[0]?.kase.image === 'bad';
  return isBad ? stable.slice(stable.findIndex(({ event }) => event.startsWith(START))) : stable;
}

async function tryOne(
  lane: FaultLane,
  fault: PlannedFault,
): Promise<{ troubles: readonly string[]; isHit: boolean; isUsable: boolean }> {
  const { strategy, image } = lane.kase;
  const troubles: string[] = [];
  let isHit = true;
  let isUsable = true;
  try {
    const trial = await lane.deploy(fault);
    isHit = trial.hits > 0;
    const found = await troublesOf(lane, trial, fault, LONGEST_DEADLINE_MS);
    troubles.push(...found);
    if (found.length > 0) console.log(JSON.stringify(trial.deployment));
  } catch (error) {
    troubles.push(String(error));
  }
  // A later deployment of the service works: that the next trial shows, where this one ended as it should.
  if (troubles.length > 0) {
    try {
      await lane.deployAgain();
    } catch (error) {
      troubles.push(String(error));
      isUsable = false;
    }
  }
  const what = `${strategy}, ${image} image, ${nameOf(fault)}`;
  if (troubles.length > 0) console.log(`${what}:\n  ${troubles.join('\n  ')}`);
  return { troubles, isHit: isHit || troubles.length > 0, isUsable };
}
