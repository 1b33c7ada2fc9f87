import { fileURLToPath } from 'node:url';
import { troublesOf } from './fault-checks.js';
import { FaultLane, type FaultCase } from './fault-lane.js';
import { FaultProxy, type AskedEvent, type FaultKind, type PlannedFault } from './fault-proxy.js';
import { Fleet, type FleetOptions } from './kill-fleet.js';
import type { Stage } from './scene.js';
import { ALL_TRIALS } from './trials.js';

/** Deploy's deadlines for an engine's answer are 30 s, and 60 s for a start: here so many times shorter. */
const DEADLINES_TIMES = 5;
const LONGEST_DEADLINE_MS = 60_000 / DEADLINES_TIMES;
const QUICK_DEADLINES = fileURLToPath(new URL('quick-deadlines.js', import.meta.url));
/** In a look that repeats the same question, how many of them are tried. */
const MOST_ALIKE = 2;
const START = 'POST /containers/:id/start';

export const CALL_FAULTS = [
  '500',
  '503',
  '409',
  'cut before',
  'cut after',
  '502 after',
  'hang',
  'slow',
] as const satisfies readonly FaultKind[];
/** What a look tells is lost before and after alike. */
export const READ_FAULTS = [
  '500',
  'cut inside',
  'hang',
  '503',
  'cut before',
  'slow',
] as const satisfies readonly FaultKind[];
/** Each look has so many of them, each look others. */
const FAULTS_PER_READ = 1;

export interface FaultSummary {
  readonly kase: FaultCase;
  /** By kind: runs in which the fault came, and what was wrong after. */
  readonly runs: readonly { readonly fault: PlannedFault; readonly troubles: readonly string[] }[];
  readonly positions: number;
  readonly missed: readonly string[];
}

/** Of all faults, those that `npm test` tries: chosen by their place alone, so that they are always the same. */
export type Choice = (faults: readonly PlannedFault[]) => readonly PlannedFault[];

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
  async tryAll(plan: (events: readonly AskedEvent[]) => readonly PlannedFault[]) {
    const cases = [...new Set(this.lanes.map(({ kase }) => kase))];
    return Promise.all(cases.map((kase) => this.#tryCase(kase, plan)));
  }

  async #tryCase(
    kase: FaultCase,
    plan: (events: readonly AskedEvent[]) => readonly PlannedFault[],
  ): Promise<FaultSummary> {
    const lanes = this.lanes.filter((lane) => lane.kase === kase);
    const events = await recorded(lanes);
    const left = [...plan(events)];
    const positions = new Set(left.map(({ at }) => at)).size;
    const runs: FaultSummary['runs'][number][] = [];
    const missed: string[] = [];
    const work = async (lane: FaultLane): Promise<void> => {
      for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
        const { troubles, isHit, isUsable } = await tryOne(lane, fault);
        if (isHit) runs.push({ fault, troubles });
        else missed.push(`${fault.kind} at ${fault.at}`);
        if (!isUsable) return;
      }
      await lane.deployAgain();
    };
    await Promise.all(lanes.map(work));
    for (const { kind, at } of left) missed.push(`${kind} at ${at}`);
    return { kase, runs, positions, missed };
  }
}

/** The events that two recordings have in common; of a bad version only from the new container's start on. */
async function recorded(lanes: readonly FaultLane[]): Promise<readonly AskedEvent[]> {
  const [one = [], other = []] = await Promise.all(lanes.slice(0, 2).map((lane) => lane.record()));
  const known = new Set(other.map(({ event }) => event));
  const stable = one.filter(({ event }) => known.has(event));
  const isBad = lanes[0]?.kase.image === 'bad';
  return isBad ? stable.slice(stable.findIndex(({ event }) => event.startsWith(START))) : stable;
}

/** One fault at each place: every kind at each call, and at each look some of them by turns. */
export function singleFaults(events: readonly AskedEvent[]): PlannedFault[] {
  const reads = events.filter(({ kind, event }) => {
    return kind === 'read' && Number(/#(\d+)$/.exec(event)?.[1]) <= MOST_ALIKE;
  });
  const calls = events.filter(({ kind }) => kind === 'call');
  return [
    ...calls.flatMap(({ event: at }) => {
      const kinds = at.startsWith('POST /images/create')
        ? [...CALL_FAULTS, 'cut inside' as const]
        : CALL_FAULTS;
      return kinds.map((kind) => ({ at, kind }));
    }),
    ...reads.flatMap(({ event: at }, index) =>
      Array.from({ length: FAULTS_PER_READ }, (_, turn) => {
        const kind = READ_FAULTS[(index * FAULTS_PER_READ + turn) % READ_FAULTS.length] ?? 'slow';
        return { at, kind };
      }),
    ),
  ];
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
  const what = `${strategy}, ${image} image, ${fault.kind} at ${fault.at}`;
  if (troubles.length > 0) console.log(`${what}:\n  ${troubles.join('\n  ')}`);
  return { troubles, isHit: isHit || troubles.length > 0, isUsable };
}

/** Every so many-th, so that about `count` remain. */
export function spread<T>(all: readonly T[], count: number): readonly T[] {
  if (ALL_TRIALS || all.length <= count) return all;
  return Array.from(
    { length: count },
    (_, index) => all[Math.floor((index * all.length) / count)] as T,
  );
}
