import { setTimeout as pause } from 'node:timers/promises';
import { DeployProcess } from '../test/support/deploy-process.js';
import { replaceByBareCalls, replaceByCommandLine, type TimedCall } from './bare-replacement.js';
import { deployConfiguration } from './deploy-configuration.js';
import { replaceByHook } from './deploy-replacement.js';
import { memoryWhenIdle } from './footprint.js';
import { MeasuredService, type Change } from './measured-service.js';
import type { Series } from './series.js';
import type { Stage } from './stage.js';

/** For what the kernel and the engine tidy up after a container. */
const QUIET_MS = 500;

export interface Replacements {
  readonly byDeploy: readonly Change[];
  readonly byBareCalls: readonly Change[];
  readonly byCommandLine: readonly Change[];
  /** What the deployments say of the gap themselves, in milliseconds. */
  readonly downtime: readonly number[];
  /** Where the time of Deploy's goes, in order. */
  readonly deployParts: readonly Series[];
  readonly bareCalls: readonly Series[];
  /** Resident memory in MB: after the first deployment, and after all of them. */
  readonly memoryAfterOne: number;
  readonly memoryAfterAll: number;
}

/**
 * Replaces three like containers again and again: one by a hook, one by bare calls of the engine, one by
 * the command line. The first round warms up and does not count. The order differs from round to round: the
 * kernel still tidies up after a container that was stopped when the next one has its turn.
 */
export async function measureReplacements(stage: Stage, rounds: number): Promise<Replacements> {
  const [hooked, bare, typed] = [
    await MeasuredService.start(stage, 'bench-hooked'),
    await MeasuredService.start(stage, 'bench-bare'),
    await MeasuredService.start(stage, 'bench-typed'),
  ];
  const deploy = await DeployProcess.start({
    configuration: deployConfiguration(stage, stage.registryHost, {
      container: hooked.name,
      image: hooked.image,
    }),
  });
  const results = emptyResults();
  let pushedAt = 1_700_000_000;
  const contestants: (() => Promise<void>)[] = [
    async () => {
      await hooked.pushNext();
      pushedAt += 1;
      const { change, parts, downtimeMs } = await replaceByHook(deploy, hooked, pushedAt);
      results.byDeploy.push(change);
      results.deployParts.push(parts);
      if (downtimeMs !== null) results.downtime.push(downtimeMs);
    },
    async () => {
      const { change, calls } = await replaceByBareCalls(bare, await bare.pushNext());
      results.byBareCalls.push(change);
      results.bareCalls.push(calls);
    },
    async () => {
      results.byCommandLine.push(await replaceByCommandLine(typed, await typed.pushNext()));
    },
  ];
  try {
    await runRound(contestants, 0);
    const memoryAfterOne = await memoryWhenIdle(deploy.pid);
    forget(results);
    for (let round = 0; round < rounds; round += 1) await runRound(contestants, round);
    return {
      ...results,
      deployParts: seriesOf(results.deployParts),
      bareCalls: seriesOf(results.bareCalls),
      memoryAfterOne,
      memoryAfterAll: await memoryWhenIdle(deploy.pid),
    };
  } finally {
    await deploy.remove();
  }
}

function emptyResults() {
  return {
    byDeploy: [] as Change[],
    byBareCalls: [] as Change[],
    byCommandLine: [] as Change[],
    downtime: [] as number[],
    deployParts: [] as (readonly TimedCall[])[],
    bareCalls: [] as (readonly TimedCall[])[],
  };
}

function forget(results: ReturnType<typeof emptyResults>): void {
  for (const list of Object.values(results)) list.length = 0;
}

async function runRound(contestants: readonly (() => Promise<void>)[], round: number) {
  const orders = permutationsOf(contestants);
  for (const act of orders[round % orders.length] ?? []) {
    await act();
    await pause(QUIET_MS);
  }
}

/** Every order, each beginning with another one than that before it. */
function permutationsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  const byFirst = items.map((first, index) =>
    permutationsOf(items.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
  return (byFirst[0] ?? []).flatMap((_, rest) => byFirst.flatMap((orders) => [orders[rest] ?? []]));
}

/** One series per name, in the order of first appearance. */
function seriesOf(rounds: readonly (readonly TimedCall[])[]): readonly Series[] {
  const names = [...new Set(rounds.flatMap((calls) => calls.map(({ name }) => name)))];
  return names.map((name) => ({
    name,
    unit: 'ms',
    samples: rounds.map((calls) => {
      const same = calls.filter((call) => call.name === name);
      return same.reduce((sum, { took }) => sum + took, 0);
    }),
  }));
}
