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
import {
  hasNames,
  hasTheNetworks,
  isAsBefore,
  isOnAllNetworks,
  isOnNetworks,
  isServing,
  isWaiting,
} from '../networks.js';
import { hasPolicyOfOld, isAbandoned, type RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, mayComeBack, type ContainerState } from '../container-state.js';
import type { Step } from '../step.js';

/**
 * `handover`, from the created container on. The engine binds a container's host ports on the network that
 * is its gateway, so the networks of a container show whether it has the ports:
 *
 * | old            | new                           |                                                    |
 * | -------------- | ----------------------------- | -------------------------------------------------- |
 * | its networks   | does not run                  | park it on the waiting network alone, start it     |
 * | its networks   | waits                         | wait until it is healthy, then hand over           |
 * | none, or ended | waits, or has no network      | neither serves: hand over at once                  |
 * | its networks   | the networks, does not wait   | both want the ports: a hand-over separates them    |
 * | none, or ended | the networks, does not wait   | handed over: watch it, then retire the old one     |
 * | some of them   | does not run, or not healthy  | an engine was restarted: hand back, then as above  |
 *
 * "The networks" includes the ports, which the engine may have failed to bind.
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
    return isOldThere ? handOver(candidate, old) : afterHandover(snapshot, intent, candidate);
  }
  if (!isOldThere) return { name: 'hand-over', id: candidate.id };
  return beforeHandover(snapshot, intent, candidate, old);
}

/** A container that is being restarted after a crash cannot be disconnected: it is stopped instead. */
function handOver(candidate: ContainerState, old: ContainerState): Step {
  return old.status === 'restarting'
    ? { name: 'stop-old', id: old.id }
    : { name: 'hand-over', id: candidate.id };
}

function whileItDoesNotRun(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old, epoch } = snapshot;
  const isNew = candidate.startedAt === null;
  if (!isNew && intent.startedInEpoch === epoch) return whyItEnded(candidate);
  const completing = isNew ? complete(snapshot, intent, candidate) : null;
  if (completing !== null) return completing;
  if (old === null || !isActive(old)) {
    // Neither serves: it gets the networks and starts with the ports, without waiting.
    return hasTheNetworks(candidate, intent)
      ? startOrGiveUp(intent, candidate)
      : { name: 'hand-over', id: candidate.id };
  }
  if (old.status === 'paused' && !intent.detachIssued) {
    return giveUp('container-paused', `${intent.container} is paused; unpause it first`);
  }
  if (!isAsBefore(old, intent) && old.status === 'running')
    return { name: 'hand-back', id: old.id };
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
  if (intent.verifiedAt === null && !isAsBefore(old, intent) && old.status === 'running') {
    return { name: 'hand-back', id: old.id };
  }
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
  const untrusted = whyNotTrusted(candidate);
  if (untrusted !== null) return untrusted;
  if (mustDrain(intent)) return { name: 'drain-old', id: old.id };
  return handOver(candidate, old);
}

function afterHandover(snapshot: Snapshot, intent: RolloutIntent, candidate: ContainerState): Step {
  const { old } = snapshot;
  const { id } = candidate;
  // The end of the gap was not recorded: repeating the step changes nothing else and determines it.
  if (isGapOpen(intent)) return { name: 'hand-over', id };
  if (!hasPolicyOfOld(candidate, intent)) return { name: 'arm-new', id };
  // Otherwise a restarted engine would start it with its networks and ports.
  if (old !== null && mayComeBack(old) && !isAbandoned(intent, 'disarm-old')) {
    return { name: 'disarm-old', id: old.id };
  }
  if (intent.verifiedAt === null) return { name: 'verify-new', id };
  if (intent.watchMs > 0 && intent.watchedAt === null && old !== null) {
    return { name: 'watch-new', id };
  }
  const hook = nextHook('after', intent);
  if (hook !== null) return hook;
  if (candidate.health === 'unhealthy' && old !== null && isActive(old)) {
    return giveUp('unhealthy', 'the new container turned unhealthy when it took over');
  }
  return retireOld(snapshot, intent, candidate) ?? tidyAfterSuccess(snapshot, intent);
}

/** Whether a container that was healthy before has taken over, but the record does not say when. */
function isGapOpen({ oldDownAt, verifiedAt }: RolloutIntent): boolean {
  if (oldDownAt === null || verifiedAt === null) return false;
  return Date.parse(verifiedAt) < Date.parse(oldDownAt);
}
