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
 * The way back: the old container gets its name, its restart policy and its work back, and only then
 * is the new one removed. Also the way of `onFailure: leave`, which leaves the new one in its place.
 * Where nothing can be brought back, everything stays as it is for a person.
 */
export function stepBack(snapshot: Snapshot, intent: RolloutIntent): Step {
  const { candidate } = snapshot;
  const names = rolloutNames(intent.container);
  const old = snapshot.old ?? snapshot.twin;
  if (intent.failure?.code === 'unknown-state') return bringUpOnly(snapshot, intent, old);
  if (intent.goal === 'leave' && candidate !== null && hasTakenOver(candidate, intent))
    return leave(snapshot, intent, candidate);
  if (intent.restoreFailed !== null && !isUp(old, intent)) return asItIs(snapshot, intent);
  if (old === null && isTouched(intent) && intent.old.record === null)
    return asItIs(snapshot, intent);
  // Beside the old one the new one is in nobody's way: it goes last.
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

/** Where a rollout turns to when it fails: a new container that took over is left there, if that is wanted. */
export function goalAfterFailure(
  { candidate }: Snapshot,
  intent: RolloutIntent,
): Exclude<RolloutIntent['goal'], 'forward'> {
  const isLeft = intent.onFailure === 'leave' && candidate !== null;
  return isLeft && hasTakenOver(candidate, intent) ? 'leave' : 'back';
}

/** Whether the new one has the old one's name, or its networks in a handover. */
function hasTakenOver(candidate: ContainerState, intent: RolloutIntent): boolean {
  if (candidate.name === rolloutNames(intent.container).final) return true;
  if (intent.strategy !== 'handover' || !intent.detachIssued) return false;
  return hasTheNetworks(candidate, intent);
}

/** A state that no rule knows: nothing is touched, but the old one is started where its name is free. */
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
  // In a handover it was made without one.
  if (intent.strategy === 'handover' && !hasPolicyOfOld(candidate, intent)) {
    if (!isAbandoned(intent, 'arm-new')) return { name: 'arm-new', id: candidate.id };
  }
  if (!isUp(candidate, intent)) return { name: 'finish', phase: 'failed', serving: 'none' };
  const settling = settleDependents(snapshot, intent, candidate);
  return settling ?? { name: 'finish', phase: 'failed', serving: 'new' };
}

/**
 * Where only a dependent failed, the new one serves until it makes room: its dependents end before it does. Else
 * the old one is brought up first.
 */
function withdrawWhileServed(snapshot: Snapshot, intent: RolloutIntent): Step | null {
  if (intent.failure?.code !== 'dependent-failed' || !isUp(snapshot.candidate, intent)) return null;
  return withdrawDependents(snapshot, intent);
}

/** Stops the new one and takes the service's name from it. Null once that is done. */
function setAside(candidate: ContainerState, intent: RolloutIntent): Step | null {
  const names = rolloutNames(intent.container);
  // An engine that is restarted would give it the networks, and with them the ports.
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

/** Brings the old one up under its name. Null once it is. */
function restore(
  snapshot: Snapshot,
  intent: RolloutIntent,
  old: ContainerState | null,
): Step | null {
  if (intent.restoreFailed !== null) return null;
  if (old === null) return isTouched(intent) ? { name: 'recreate-old' } : null;
  const names = rolloutNames(intent.container);
  // Where somebody else holds the name, the old one serves under the name it has.
  const isFree = snapshot.holder === null && snapshot.candidate?.name !== names.final;
  const mayReturn = isFree && !isAbandoned(intent, 'return-name');
  if (isTouched(intent) && old.name !== names.final && mayReturn) {
    // A container in the state "restarting" must not be renamed, nor one that is reached by its name.
    if (isActive(old)) return { name: 'stop-old', id: old.id };
    return { name: 'return-name', id: old.id };
  }
  // Before it is started: the engine would connect it by itself, without its aliases.
  if (intent.detachIssued && (!hasAllBack(old, intent) || hasItsPorts(snapshot, intent))) {
    const { candidate } = snapshot;
    // One that crashes and is restarted cannot be taken off its networks, and would take the ports again.
    if (candidate?.status === 'restarting') return { name: 'stop-new', id: candidate.id };
    // After a port that was taken an engine may not be able to connect a running one any more; a start can.
    const isBeyond = isActive(old) && isAbandoned(intent, 'hand-back');
    return { name: isBeyond ? 'stop-old' : 'hand-back', id: old.id };
  }
  if (!hasPolicyOfOld(old, intent) && !old.autoRemove && !isAbandoned(intent, 'rearm-old'))
    return { name: 'rearm-old', id: old.id };
  if (!intent.old.wasRunning || !isTouched(intent)) return null;
  if (intent.restoredAt !== null && isActive(old)) return null;
  // Its stop may still be in flight: it would pass its check and then end. Join the stop, then start it.
  const isEnding = intent.stopIssued || intent.drainIssued;
  const hasRunThroughout = old.startedAt === intent.old.startedAt;
  if (isActive(old) && hasRunThroughout && isEnding) return { name: 'stop-old', id: old.id };
  return isActive(old) ? { name: 'verify-old', id: old.id } : { name: 'start-old', id: old.id };
}

/** Whether the old one has its networks, and its ports where it runs. */
function hasAllBack(old: ContainerState, intent: RolloutIntent): boolean {
  return isAsBefore(old, intent) && (!isActive(old) || old.unpublished.length === 0);
}

function hasItsPorts({ candidate }: Snapshot, intent: RolloutIntent): boolean {
  return intent.strategy === 'handover' && isServing(candidate, intent);
}

function tidy(snapshot: Snapshot, intent: RolloutIntent, old: ContainerState | null): Step {
  const { candidate, twin } = snapshot;
  // It was started without: its policy must not be lost, but nobody was to wait for it.
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
    (intent.old.wasRunning ? isUp(old, intent) && intent.restoredAt !== null : true);
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
  if (isUp(old, intent) || isUp(twin, intent)) return 'old';
  return isUp(candidate, intent) ? 'new' : 'none';
}

function isUp(container: ContainerState | null, intent: RolloutIntent): boolean {
  return container?.status === 'running' && isServing(container, intent);
}
