import type { RolloutIntent } from '../rollout/intent.js';
import type { Snapshot } from '../rollout/snapshot.js';
import type { ContainerState } from '../rollout/container-state.js';
import { aCandidate, aContainer, aSnapshot, NEVER, NEW_IMAGE, NOON } from './builders.js';
import { runRollout } from './rollout-run.js';

/* The containers and intents that a rollout of `web` goes through, named after the last event. */

export const PULLED = { imageId: NEW_IMAGE };
export const STOPPED = { ...PULLED, stopIssued: true };
export const STARTED = { ...STOPPED, startedInEpoch: 'epoch-1' };
export const FAILED = { code: 'exited', message: 'it exited' } as const;
export const BACK = { ...STARTED, goal: 'back', failure: FAILED } as const;
export const TIDIED = { restoredAt: NOON, tagRestored: true };
export const PORT = 'Bind for 127.0.0.1:80 failed: port is already allocated';

export const exited = (parts: Partial<ContainerState> = {}): ContainerState =>
  aContainer({ status: 'exited', finishedAt: NOON, ...parts });
export const retired = (parts: Partial<ContainerState> = {}): ContainerState =>
  exited({ name: 'web.deploy-old', ...parts });
export const disarmed = retired({ restartPolicy: NEVER });
export const named = (parts: Partial<ContainerState> = {}): ContainerState =>
  aCandidate({ name: 'web', ...parts });
export const started = (parts: Partial<ContainerState> = {}): ContainerState =>
  named({ status: 'running', startedAt: NOON, ...parts });
export const setAside = (parts: Partial<ContainerState> = {}): ContainerState =>
  aCandidate({
    name: 'web.deploy-failed',
    status: 'exited',
    startedAt: NOON,
    restartPolicy: NEVER,
    ...parts,
  });

/** The steps that a state leads to, as one line: `stop-old, retire-old, …, succeeded`. */
export function leadsTo(snapshot: Partial<Snapshot>, intent: RolloutIntent): string {
  const { names, end } = runRollout({ snapshot: aSnapshot(snapshot), intent });
  return [...names, end.phase].join(', ');
}
