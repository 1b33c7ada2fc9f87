import { nextHook } from '../hooks.js';
import {
  complete,
  giveUp,
  mustDrain,
  retireOld,
  startOrGiveUp,
  tidyAfterSuccess,
  whyItEnded,
  whyNotTrusted,
} from './next-step-common.js';
import { hasNames } from '../networks.js';
import type { RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, type ContainerState } from '../container-state.js';
import type { Step } from '../step.js';

/**
 * `start-first`, from the created container on: the new one becomes healthy beside the old one, gets the aliases by
 * which clients find it, and only then the old one is stopped. It keeps its name and address until then, so that late
 * connections are refused and retried elsewhere, not lost.
 */
export function stepOfStartFirst(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old } = snapshot;
  if (!isActive(candidate)) return whileItDoesNotRun(snapshot, intent, candidate);
  if (intent.verifiedAt === null) return { name: 'verify-new', id: candidate.id };
  if (!hasNames(candidate, intent)) return { name: 'join-new', id: candidate.id };
  if (old !== null && isActive(old)) {
    const untrusted = whyNotTrusted(candidate);
    if (untrusted !== null) return untrusted;
    if (mustDrain(intent)) return { name: 'drain-old', id: old.id };
  }
  const retiring = retireOld(snapshot, intent, candidate);
  if (retiring !== null) return retiring;
  // Without an old container there is nothing to roll back to.
  if (old !== null && intent.watchMs > 0 && intent.watchedAt === null) {
    return { name: 'watch-new', id: candidate.id };
  }
  const hook = nextHook('after', intent);
  if (hook !== null) return hook;
  if (old !== null && candidate.health === 'unhealthy') {
    return giveUp('unhealthy', 'the new container turned unhealthy when it took over');
  }
  return tidyAfterSuccess(snapshot, intent);
}

function whileItDoesNotRun(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old, epoch } = snapshot;
  if (candidate.startedAt === null) {
    if (old !== null && old.status === 'paused' && !intent.stopIssued) {
      return giveUp('container-paused', `${intent.container} is paused; unpause it first`);
    }
    return complete(snapshot, intent, candidate) ?? startOrGiveUp(intent, candidate);
  }
  // A container that went down with the engine is not at fault.
  return intent.startedInEpoch === epoch ? whyItEnded(candidate) : startOrGiveUp(intent, candidate);
}
