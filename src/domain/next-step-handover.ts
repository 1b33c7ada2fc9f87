import {
  giveUp,
  mustDrain,
  retireOld,
  startOrGiveUp,
  tidyAfterSuccess,
  whyItEnded,
} from './next-step-common.js';
import { hasNames, isOnAllNetworks, isOnNetworks, isServing, isWaiting } from './overlap.js';
import {
  hasPolicyOfOld,
  isAbandoned,
  isActive,
  mayComeBack,
  type ContainerState,
  type RolloutIntent,
  type Snapshot,
} from './rollout.js';
import type { Step } from './step.js';

/**
 * `handover`, from the created container on. The engine binds a container's host ports on the network that
 * is its gateway, so who has the ports shows in who is on which network:
 *
 * | old            | new                           |                                                    |
 * | -------------- | ----------------------------- | -------------------------------------------------- |
 * | its networks   | does not run                  | park it on the waiting network alone, start it     |
 * | its networks   | waits                         | it boots and proves itself; then hand over         |
 * | none, or ended | waits, or has no network      | nobody serves: hand over at once                   |
 * | its networks   | the networks, does not wait   | both want the ports: hand over, which unties them  |
 * | none, or ended | the networks, does not wait   | handed over: watch it, then retire the old one     |
 */
export function stepOfHandover(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old } = snapshot;
  if (!isActive(candidate)) return whileItDoesNotRun(snapshot, intent, candidate);
  const isOldThere = old !== null && isActive(old) && isOnNetworks(old, intent);
  if (isServing(candidate, intent)) {
    return isOldThere
      ? { name: 'hand-over', id: candidate.id }
      : afterHandover(snapshot, intent, candidate);
  }
  if (!isOldThere) return { name: 'hand-over', id: candidate.id };
  return beforeHandover(snapshot, intent, candidate, old);
}

function whileItDoesNotRun(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old, epoch } = snapshot;
  const isNew = candidate.startedAt === null;
  if (!isNew && intent.startedInEpoch === epoch) return whyItEnded(candidate);
  if (old === null || !isActive(old)) {
    // Nobody serves: it gets the networks and starts with the ports, without waiting.
    const isInPlace = isOnAllNetworks(candidate, intent) && !isWaiting(candidate, intent);
    return isInPlace ? startOrGiveUp(intent, candidate) : { name: 'hand-over', id: candidate.id };
  }
  if (old.status === 'paused' && !intent.detachIssued) {
    return giveUp('container-paused', `somebody paused ${intent.container}; unpause it first`);
  }
  if (!snapshot.hasWaitingNetwork) return { name: 'make-waiting-network' };
  const isParked = isWaiting(candidate, intent) && !isOnNetworks(candidate, intent);
  return isParked ? startOrGiveUp(intent, candidate) : { name: 'park-new', id: candidate.id };
}

function beforeHandover(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
  old: ContainerState,
): Step {
  const { id } = candidate;
  if (!isWaiting(candidate, intent)) {
    return snapshot.hasWaitingNetwork ? { name: 'park-new', id } : { name: 'make-waiting-network' };
  }
  if (intent.waiting?.kind === 'macvlan' && !isOnAllNetworks(candidate, intent)) {
    return { name: 'attach-new', id };
  }
  if (intent.verifiedAt === null) return { name: 'verify-new', id };
  if (intent.waiting?.kind === 'macvlan' && !hasNames(candidate, intent)) {
    return { name: 'join-new', id };
  }
  if (mustDrain(intent)) return { name: 'drain-old', id: old.id };
  return { name: 'hand-over', id };
}

function afterHandover(snapshot: Snapshot, intent: RolloutIntent, candidate: ContainerState): Step {
  const { old } = snapshot;
  const { id } = candidate;
  if (!hasPolicyOfOld(candidate, intent) && !isAbandoned(intent, 'arm-new')) {
    return { name: 'arm-new', id };
  }
  // Else the engine would start it with its networks, and the ports, if the engine were restarted.
  if (old !== null && mayComeBack(old) && !isAbandoned(intent, 'disarm-old')) {
    return { name: 'disarm-old', id: old.id };
  }
  if (intent.verifiedAt === null) return { name: 'verify-new', id };
  if (intent.watchMs > 0 && intent.watchedAt === null && old !== null) {
    return { name: 'watch-new', id };
  }
  if (candidate.health === 'unhealthy' && old !== null && isActive(old)) {
    return giveUp('unhealthy', 'the new container turned unhealthy when it took over');
  }
  return retireOld(snapshot, intent, candidate) ?? tidyAfterSuccess(snapshot, intent);
}
