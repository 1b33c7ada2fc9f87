import { type RolloutIntent, later } from '../intent.js';
import type { Snapshot } from '../snapshot.js';

/** A snapshot of the engine and the rollout's intent, at one moment of a simulation. */
export interface SimulatedState {
  readonly snapshot: Snapshot;
  readonly intent: RolloutIntent;
}

/** The time of everything that a simulated step does. */
export const SIMULATED_AT = '2000-01-01T00:00:00.000Z';

/** One second after the latest start in the snapshot. */
export function nextMoment({ old, candidate, twin, dependents }: Snapshot): string {
  const others = Object.values(dependents).flatMap((each) => [each.old, each.replacement]);
  const latest = [old, candidate, twin, ...others]
    .map((each) => each?.startedAt ?? null)
    .reduce((one, other) => later(one, other), SIMULATED_AT);
  return new Date(Date.parse(latest ?? SIMULATED_AT) + 1_000).toISOString();
}
