import type { Serving } from '../../deployment/deployment.js';
import {
  restoreDependents,
  settleDependents,
  startLeftDependents,
  withdrawDependents,
} from './next-step-dependents.js';
import { hasTheNetworks, isAsBefore, isServing } from '../networks.js';
import { hasPolicyOfOld, isAbandoned, isTouched, type RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, mayComeBack, type ContainerState } from '../container-state.js';
import type { Step } from '../step.js';

/**
 * The rollback: the old container gets its name and restart policy back and serves again, and only then
 * is the new one removed. Also covers `onFailure: leave`, which leaves the new one in its place. If
 * nothing can be restored, everything is left as it is for manual repair.
 */
export function stepBack(snapshot: Snapshot, intent: RolloutIntent): Step {
  const { candidate } = snapshot;
  const names = rolloutNames(intent.container);
  const old = snapshot.old ?? snapshot.twin;
  if (intent.failure?.code === 'unknown-state') return bringUpOnly(snapshot, intent, old);
  if (intent.goal === 'leave' && candidate !== null && hasTakenOver(candidate, intent))
    return leave(snapshot, intent, candidate);
  if (intent.restoreFailed !== null && !isRunningAndServing(old, intent))
    return asItIs(snapshot, intent);
  if (old === null && isTouched(intent) && intent.old.record === null)
    return asItIs(snapshot, intent);
  // Beside the old container the new one is not in the way: it is removed last.
  const isApart = intent.strategy !== 'recreate' && candidate?.name !== names.final;
  return (
    (isApart ? restore(snapshot, intent, old) : null) ??
    withdrawWhileServed(snapshot, intent) ??
    (candidate && setAside(candidate, intent)) ??
    restore(snapshot, intent, old) ??
    restoreDependents(snapshot, intent, old) ??
    tidy(snapshot, intent, old)
  );
}

/** The goal of a rollout that has failed: `leave` if it is configured and the new container has taken over. */
export function goalAfterFailure(
  { candidate }: Snapshot,
  intent: RolloutIntent,
): Exclude<RolloutIntent['goal'], 'forward'> {
  const isLeft = intent.onFailure === 'leave' && candidate !== null;
  return isLeft && hasTakenOver(candidate, intent) ? 'leave' : 'back';
}

/** Whether the new container has the old one's name, or its networks in a handover. */
function hasTakenOver(candidate: ContainerState, intent: RolloutIntent): boolean {
  if (candidate.name === rolloutNames(intent.container).final) return true;
  if (intent.strategy !== 'handover' || !intent.detachIssued) return false;
  return hasTheNetworks(candidate, intent);
}

/** In an unknown state nothing is touched, except that the old container is started if its name is free. */
function bringUpOnly(snapshot: Snapshot, intent: RolloutIntent, old: ContainerState | null): Step {
  const names = rolloutNames(intent.container);
  const wasServing = intent.old.wasRunning && isTouched(intent);
  const nobodyServes = wasServing && old !== null && !isActive(old);
  if (nobodyServes && snapshot.holder === null && intent.restoreFailed === null) {
    if (snapshot.candidate?.name !== names.final) {
      const isNamed = old.name === names.final || isAbandoned(intent, 'return-name');
      if (!isNamed) return { name: 'return-name', id: old.id };
      return { name: 'start-old', id: old.id };
    }
  }
  const left = old !== null && isActive(old) ? startLeftDependents(snapshot, intent, old) : null;
  return left ?? asItIs(snapshot, intent);
}

function leave(snapshot: Snapshot, intent: RolloutIntent, candidate: ContainerState): Step {
  const { old } = snapshot;
  const names = rolloutNames(intent.container);
  if (old !== null && isActive(old)) return { name: 'stop-old', id: old.id };
  if (candidate.name !== names.final) {
    if (old !== null && old.name === names.final) return { name: 'retire-old', id: old.id };
    // In the state "restarting" it must not be renamed.
    if (candidate.status === 'restarting') return { name: 'stop-new', id: candidate.id };
    return { name: 'take-name', id: candidate.id };
  }
  if (old !== null && mayComeBack(old) && !isAbandoned(intent, 'disarm-old')) {
    return { name: 'disarm-old', id: old.id };
  }
  // In a handover it was created without one.
  if (intent.strategy === 'handover' && !hasPolicyOfOld(candidate, intent)) {
    if (!isAbandoned(intent, 'arm-new')) return { name: 'arm-new', id: candidate.id };
  }
  if (!isRunningAndServing(candidate, intent))
    return { name: 'finish', phase: 'failed', serving: 'none' };
  const settling = settleDependents(snapshot, intent, candidate);
  return settling ?? { name: 'finish', phase: 'failed', serving: 'new' };
}

/**
 * If only a dependent failed, the new container serves until it is stopped: its dependents are stopped before it.
 * Otherwise the old container is started first.
 */
function withdrawWhileServed(snapshot: Snapshot, intent: RolloutIntent): Step | null {
  if (
    intent.failure?.code !== 'dependent-failed' ||
    !isRunningAndServing(snapshot.candidate, intent)
  )
    return null;
  return withdrawDependents(snapshot, intent);
}

/** Stops the new container and takes the service's name from it. Null once that is done. */
function setAside(candidate: ContainerState, intent: RolloutIntent): Step | null {
  const names = rolloutNames(intent.container);
  // A restarted engine would give it the networks, and with them the ports.
  const wantsPorts = intent.strategy === 'handover' && mayComeBack(candidate);
  if (wantsPorts && !isAbandoned(intent, 'disarm-new')) {
    return { name: 'disarm-new', id: candidate.id };
  }
  if (isActive(candidate)) return { name: 'stop-new', id: candidate.id };
  if (candidate.name !== names.final || isAbandoned(intent, 'set-aside-new')) return null;
  if (mayComeBack(candidate) && !isAbandoned(intent, 'disarm-new')) {
    return { name: 'disarm-new', id: candidate.id };
  }
  return { name: 'set-aside-new', id: candidate.id };
}

/** Starts the old container under its name. Null once it serves. */
function restore(
  snapshot: Snapshot,
  intent: RolloutIntent,
  old: ContainerState | null,
): Step | null {
  if (intent.restoreFailed !== null) return null;
  if (old === null) return isTouched(intent) ? { name: 'recreate-old' } : null;
  const names = rolloutNames(intent.container);
  // If another container holds the name, the old one serves under the name that it has.
  const isFree = snapshot.holder === null && snapshot.candidate?.name !== names.final;
  const mayReturn = isFree && !isAbandoned(intent, 'return-name');
  if (isTouched(intent) && old.name !== names.final && mayReturn) {
    // A container in the state "restarting", or one that is reached by its name, must not be renamed.
    if (isActive(old)) return { name: 'stop-old', id: old.id };
    return { name: 'return-name', id: old.id };
  }
  // Before its start: otherwise the engine would connect it by itself, without its aliases.
  if (intent.detachIssued && (!hasAllBack(old, intent) || hasItsPorts(snapshot, intent))) {
    const { candidate } = snapshot;
    // A container that is being restarted after a crash cannot be disconnected, and would take the ports again.
    if (candidate?.status === 'restarting') return { name: 'stop-new', id: candidate.id };
    // After a taken port an engine may be unable to connect a running container; a start can.
    const isBeyond = isActive(old) && isAbandoned(intent, 'hand-back');
    return { name: isBeyond ? 'stop-old' : 'hand-back', id: old.id };
  }
  if (!hasPolicyOfOld(old, intent) && !old.autoRemove && !isAbandoned(intent, 'rearm-old'))
    return { name: 'rearm-old', id: old.id };
  if (!intent.old.wasRunning || !isTouched(intent)) return null;
  if (intent.restoredAt !== null && isActive(old)) return null;
  // Its stop may still be in flight: it would pass its check and then end. Join the stop, then start it again.
  const isEnding = intent.stopIssued || intent.drainIssued;
  const hasRunThroughout = old.startedAt === intent.old.startedAt;
  if (isActive(old) && hasRunThroughout && isEnding) return { name: 'stop-old', id: old.id };
  return isActive(old) ? { name: 'verify-old', id: old.id } : { name: 'start-old', id: old.id };
}

/** Whether the old container has its networks and, if it runs, its ports. */
function hasAllBack(old: ContainerState, intent: RolloutIntent): boolean {
  return isAsBefore(old, intent) && (!isActive(old) || old.unpublished.length === 0);
}

function hasItsPorts({ candidate }: Snapshot, intent: RolloutIntent): boolean {
  return intent.strategy === 'handover' && isServing(candidate, intent);
}

function tidy(snapshot: Snapshot, intent: RolloutIntent, old: ContainerState | null): Step {
  const { candidate, twin } = snapshot;
  // It was started without its restart policy, to save time; the policy must not be lost.
  const isUnarmed = old !== null && isActive(old) && !hasPolicyOfOld(old, intent);
  if (isUnarmed && !old.autoRemove && isTouched(intent) && !isAbandoned(intent, 'rearm-old', 2))
    return { name: 'rearm-old', id: old.id };
  if (!intent.tagRestored && intent.imageId !== null && !isAbandoned(intent, 'restore-tag'))
    return { name: 'restore-tag' };
  if (candidate !== null && !isAbandoned(intent, 'remove-new'))
    return { name: 'remove-new', id: candidate.id };
  if (twin !== null && twin.id !== old?.id && !isAbandoned(intent, 'remove-twin'))
    return { name: 'remove-twin', id: twin.id };
  const names = rolloutNames(intent.container);
  const isBack =
    isTouched(intent) &&
    old?.name === names.final &&
    (intent.old.wasRunning ? isRunningAndServing(old, intent) && intent.restoredAt !== null : true);
  return {
    name: 'finish',
    phase: isBack && intent.dependentTroubles.length === 0 ? 'rolled-back' : 'failed',
    serving: servingOf(snapshot, intent),
  };
}

function asItIs(snapshot: Snapshot, intent: RolloutIntent): Step {
  return { name: 'finish', phase: 'failed', serving: servingOf(snapshot, intent) };
}

function servingOf({ old, twin, candidate }: Snapshot, intent: RolloutIntent): Serving {
  if (isRunningAndServing(old, intent) || isRunningAndServing(twin, intent)) return 'old';
  return isRunningAndServing(candidate, intent) ? 'new' : 'none';
}

/** Stricter than {@link isServing}: neither paused nor being restarted. */
function isRunningAndServing(container: ContainerState | null, intent: RolloutIntent): boolean {
  return container?.status === 'running' && isServing(container, intent);
}
