import { touchedDependents } from './next-step-dependents.js';
import { isAsBefore } from '../networks.js';
import type { RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, type ContainerState } from '../container-state.js';
import { startFailure } from './start-failure.js';

/**
 * The intent, brought up to date with what the engine shows. The journal may lag behind the engine, after
 * a crash or because it could not be written: the engine is right.
 */
export function syncIntent(snapshot: Snapshot, intent: RolloutIntent): RolloutIntent {
  const { candidate } = snapshot;
  const stopIssued = intent.stopIssued || isOldTouched(snapshot, intent);
  const detachIssued = intent.detachIssued || isOldDetached(snapshot, intent);
  return {
    ...intent,
    stopIssued,
    detachIssued,
    touchedDependents: touchedDependents(snapshot, intent),
    // In a handover the old container ends long after it stopped serving.
    oldDownAt: intent.oldDownAt ?? (stopIssued && !detachIssued ? oldEnd(snapshot) : null),
    newDownAt: candidate === null ? intent.newDownAt : endOf(candidate),
    startedInEpoch: intent.startedInEpoch ?? startedIn(snapshot),
    // A container that was started since then has to pass its checks again.
    ...(isStartedSince(candidate, intent.verifiedAt) ? { verifiedAt: null, watchedAt: null } : {}),
  };
}

/** Whether the old container lost its name or stopped serving, so that a failure has to restore it. */
function isOldTouched({ old, candidate }: Snapshot, intent: RolloutIntent): boolean {
  if (candidate === null) return false;
  const names = rolloutNames(intent.container);
  if (candidate.name === names.final || candidate.name === names.failed) return true;
  if (old === null) return intent.old.wasRunning;
  return old.name === names.old || (intent.old.wasRunning && !isActive(old));
}

/** True too if it has ended since, or a restarted engine connected it in its own way. */
function isOldDetached({ old }: Snapshot, intent: RolloutIntent): boolean {
  return intent.strategy === 'handover' && old !== null && !isAsBefore(old, intent);
}

function oldEnd({ old }: Snapshot): string | null {
  return old === null ? null : endOf(old);
}

function endOf(container: ContainerState): string | null {
  return isActive(container) ? null : container.finishedAt;
}

function isStartedSince(candidate: ContainerState | null, moment: string | null): boolean {
  if (candidate === null || candidate.startedAt === null || moment === null) return false;
  return Date.parse(candidate.startedAt) > Date.parse(moment);
}

/** The epoch in which the new container was started, or its start refused. An epoch begins with the engine's start. */
function startedIn({ candidate, epoch }: Snapshot): string | null {
  if (candidate === null) return null;
  if (candidate.startedAt === null) return startFailure(candidate) === null ? null : epoch;
  const began = Date.parse(epoch.split(' ')[0] ?? '');
  return began > Date.parse(candidate.startedAt) ? 'an earlier one' : epoch;
}
