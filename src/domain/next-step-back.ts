import type { Serving } from './deployment.js';
import {
  isAbandoned,
  isActive,
  mayComeBack,
  isTouched,
  rolloutNames,
  type ContainerState,
  type RolloutIntent,
  type Snapshot,
} from './rollout.js';
import type { Step } from './step.js';

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
  if (intent.goal === 'leave' && candidate?.name === names.final)
    return leave(snapshot, intent, candidate);
  if (intent.restoreFailed !== null && !isUp(old)) return asItIs(snapshot);
  if (old === null && isTouched(intent) && intent.old.record === null) return asItIs(snapshot);
  return (
    (candidate && setAside(candidate, intent)) ??
    restore(snapshot, intent, old) ??
    tidy(snapshot, intent, old)
  );
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
  return asItIs(snapshot);
}

function leave(snapshot: Snapshot, intent: RolloutIntent, candidate: ContainerState): Step {
  const { old } = snapshot;
  if (old !== null && isActive(old)) return { name: 'stop-old', id: old.id };
  if (old !== null && mayComeBack(old) && !isAbandoned(intent, 'disarm-old')) {
    return { name: 'disarm-old', id: old.id };
  }
  return { name: 'finish', phase: 'failed', serving: isUp(candidate) ? 'new' : 'none' };
}

/** Stops the new one and takes the service's name from it. Null once that is done. */
function setAside(candidate: ContainerState, intent: RolloutIntent): Step | null {
  const names = rolloutNames(intent.container);
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
  if (!samePolicy(old, intent) && !old.autoRemove && !isAbandoned(intent, 'rearm-old'))
    return { name: 'rearm-old', id: old.id };
  if (!intent.old.wasRunning || !isTouched(intent)) return null;
  if (intent.restoredAt !== null && isActive(old)) return null;
  // Its stop may still be in flight: it would pass its check and then end. Join the stop, then start it.
  const hasRunThroughout = old.startedAt === intent.old.startedAt;
  if (isActive(old) && hasRunThroughout) return { name: 'stop-old', id: old.id };
  return isActive(old) ? { name: 'verify-old', id: old.id } : { name: 'start-old', id: old.id };
}

function tidy(snapshot: Snapshot, intent: RolloutIntent, old: ContainerState | null): Step {
  const { candidate, twin } = snapshot;
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
    (intent.old.wasRunning ? isUp(old) && intent.restoredAt !== null : true);
  return {
    name: 'finish',
    phase: isBack ? 'rolled-back' : 'failed',
    serving: servingOf(snapshot),
  };
}

function asItIs(snapshot: Snapshot): Step {
  return { name: 'finish', phase: 'failed', serving: servingOf(snapshot) };
}

function servingOf(snapshot: Snapshot): Serving {
  if (isUp(snapshot.old) || isUp(snapshot.twin)) return 'old';
  return isUp(snapshot.candidate) ? 'new' : 'none';
}

function isUp(container: ContainerState | null): boolean {
  return container?.status === 'running';
}

function samePolicy(container: ContainerState, intent: RolloutIntent): boolean {
  const wanted = intent.old.restartPolicy;
  const has = container.restartPolicy;
  return has.name === wanted.name && has.maximumRetryCount === wanted.maximumRetryCount;
}
