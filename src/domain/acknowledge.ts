import { isOnNetworks } from './overlap.js';
import { isActive, rolloutNames, type RolloutIntent, type Snapshot } from './rollout.js';
import { startFailure } from './start-failure.js';

/**
 * The intent with everything in it that the engine shows to be so. The journal may lag behind the engine,
 * by a crash or because it could not be written: what the engine shows wins.
 */
export function acknowledge(snapshot: Snapshot, intent: RolloutIntent): RolloutIntent {
  const stopIssued = intent.stopIssued || isOldTouched(snapshot, intent);
  const detachIssued = intent.detachIssued || isOldDetached(snapshot, intent);
  return {
    ...intent,
    stopIssued,
    detachIssued,
    // In a handover the old one ends long after it stopped serving.
    oldDownAt: intent.oldDownAt ?? (stopIssued && !detachIssued ? oldEnd(snapshot) : null),
    startedInEpoch: intent.startedInEpoch ?? startedIn(snapshot),
  };
}

/** Whether the old container lost its name or its work, so that a failure has to bring it back. */
function isOldTouched({ old, candidate }: Snapshot, intent: RolloutIntent): boolean {
  if (candidate === null) return false;
  const names = rolloutNames(intent.container);
  if (candidate.name === names.final || candidate.name === names.failed) return true;
  if (old === null) return intent.old.wasRunning;
  return old.name === names.old || (intent.old.wasRunning && !isActive(old));
}

function isOldDetached({ old }: Snapshot, intent: RolloutIntent): boolean {
  if (intent.strategy !== 'handover' || old === null) return false;
  return isActive(old) && !isOnNetworks(old, intent);
}

function oldEnd({ old }: Snapshot): string | null {
  return old === null || isActive(old) ? null : old.finishedAt;
}

/** In which epoch the new one was started, or its start refused: an epoch begins with the engine's start. */
function startedIn({ candidate, epoch }: Snapshot): string | null {
  if (candidate === null) return null;
  if (candidate.startedAt === null) return startFailure(candidate) === null ? null : epoch;
  const began = Date.parse(epoch.split(' ')[0] ?? '');
  return began > Date.parse(candidate.startedAt) ? 'an earlier one' : epoch;
}
