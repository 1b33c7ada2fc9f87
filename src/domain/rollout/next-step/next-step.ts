import { isAffected } from '../dependents.js';
import { nextHook } from '../hooks.js';
import { stepBack } from './next-step-back.js';
import {
  complete,
  giveUp,
  startOrGiveUp,
  tidyAfterSuccess,
  whyItEnded,
} from './next-step-common.js';
import {
  createDependents,
  settleDependents,
  stopDependents,
  tidyDependents,
} from './next-step-dependents.js';
import { stepOfHandover } from './next-step-handover.js';
import { stepOfStartFirst } from './next-step-start-first.js';
import { isAbandoned, type RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, mayComeBack, type ContainerState } from '../container-state.js';
import type { Step } from '../step.js';

/**
 * The one function that drives every rollout, normally and after a crash alike: from what the engine
 * shows and what is intended it determines ONE step. The caller carries it out and asks again. The
 * order of the conditions is the recovery table: restore the service first, clean up later.
 */
export function nextStep(snapshot: Snapshot, intent: RolloutIntent): Step {
  const step = leftHook(snapshot, intent, 1) ?? stepOf(snapshot, intent);
  if (step.name !== 'finish') return step;
  const isLeft = snapshot.hasWaitingNetwork && !intent.waitingReleased;
  if (isLeft && !isAbandoned(intent, 'remove-waiting-network')) {
    return { name: 'remove-waiting-network' };
  }
  const hasFailed = step.phase === 'failed' || step.phase === 'rolled-back';
  const failureHook = hasFailed ? nextHook('onFailure', intent) : null;
  if (failureHook !== null && !isAbandoned(intent, failureHook.name)) return failureHook;
  return leftHook(snapshot, intent, 2) ?? step;
}

/**
 * The removal of a container that a hook left behind, unless it was given up on `times` times. It comes first: it must
 * not still be running when the hook is run again or the rollback begins. It takes a moment.
 */
function leftHook({ hook }: Snapshot, intent: RolloutIntent, times: number): Step | null {
  if (hook === null || isAbandoned(intent, 'remove-hook', times)) return null;
  return { name: 'remove-hook', id: hook.id };
}

function stepOf(snapshot: Snapshot, intent: RolloutIntent): Step {
  const names = rolloutNames(intent.container);
  // A new container under the name of failed ones: a rollback had begun, whatever the journal says.
  if (intent.goal === 'forward' && snapshot.candidate?.name !== names.failed) {
    return stepForward(snapshot, intent);
  }
  return stepBack(snapshot, intent);
}

function stepForward(snapshot: Snapshot, intent: RolloutIntent): Step {
  const { candidate } = snapshot;
  const names = rolloutNames(intent.container);
  if (candidate === null) return withoutCandidate(snapshot, intent);
  if (intent.imageId !== null && candidate.imageId !== intent.imageId) {
    return giveUp(
      'wrong-image',
      'the new container has a different image from the one that was pulled',
    );
  }
  if (candidate.name === names.candidate || candidate.name === names.final) {
    if (intent.strategy === 'start-first') return stepOfStartFirst(snapshot, intent, candidate);
    if (intent.strategy === 'handover') return stepOfHandover(snapshot, intent, candidate);
    return candidate.name === names.candidate
      ? withPreparedCandidate(snapshot, intent, candidate)
      : withNamedCandidate(snapshot, intent, candidate);
  }
  return giveUp('unknown-state', `the new container was manually renamed to ${candidate.name}`);
}

function withoutCandidate(snapshot: Snapshot, intent: RolloutIntent): Step {
  const { old } = snapshot;
  const names = rolloutNames(intent.container);
  if (intent.startedInEpoch !== null) {
    if (intent.old.autoRemove && intent.startedInEpoch !== snapshot.epoch) {
      return giveUp(
        'interrupted',
        'the engine was restarted, which removed the new container (it was run with --rm)',
      );
    }
    return intent.old.autoRemove
      ? giveUp(
          'exited',
          'the new container exited (it was run with --rm, so the engine removed it)',
        )
      : giveUp('container-removed', 'the new container was removed');
  }
  if (intent.stopIssued) {
    return giveUp('container-removed', 'the new container was removed before it was started');
  }
  if (old === null) {
    return giveUp('container-missing', `the container ${names.final} was removed`);
  }
  if (old.name !== names.final && old.name !== names.old) {
    return giveUp('unknown-state', `the container ${names.final} was renamed to ${old.name}`);
  }
  const [stranger] = snapshot.strangers;
  if (stranger !== undefined) {
    return giveUp(
      'name-taken',
      `a container that Deploy did not create has the name ${stranger}; remove it`,
    );
  }
  if (snapshot.holder !== null) {
    return giveUp('name-taken', `another container has taken the name ${names.final}`);
  }
  if (intent.imageId === null) return { name: 'pull' };
  if (intent.skipSameImage && intent.imageId === old.imageId && old.status === 'running') {
    return { name: 'finish', phase: 'skipped', serving: 'old' };
  }
  const [leftover] = snapshot.leftovers;
  if (leftover !== undefined) {
    return { name: 'clear-leftover', id: leftover.id, container: leftover.name };
  }
  return { name: 'create' };
}

function withPreparedCandidate(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old, twin, holder } = snapshot;
  const names = rolloutNames(intent.container);
  if (candidate.startedAt !== null) {
    return giveUp(
      'unknown-state',
      `${names.candidate} was started by someone else before it had its final name`,
    );
  }
  if (old !== null && old.status === 'paused' && !intent.stopIssued) {
    return giveUp('container-paused', `${names.final} is paused; unpause it first`);
  }
  const completing = complete(snapshot, intent, candidate);
  if (completing !== null) return completing;
  if (intent.old.autoRemove && twin === null && old !== null) return { name: 'create-twin' };
  const creating = createDependents(snapshot, intent);
  if (creating !== null) return creating;
  // Even if it only appears to run: a stop may be in flight, and joining it is safe.
  if (old !== null && isActive(old)) return stopOld(snapshot, intent, old);
  if (old !== null && old.name === names.final) return { name: 'retire-old', id: old.id };
  if (holder !== null) {
    return giveUp('name-taken', `another container has taken the name ${names.final}`);
  }
  return { name: 'take-name', id: candidate.id };
}

function withNamedCandidate(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old } = snapshot;
  if (candidate.startedAt === null) return startCandidate(snapshot, intent, candidate);
  if (candidate.status === 'exited' || candidate.status === 'dead') {
    // It went down with the engine, through no fault of its own.
    if (intent.startedInEpoch !== snapshot.epoch)
      return startCandidate(snapshot, intent, candidate);
    return whyItEnded(candidate);
  }
  if (intent.verifiedAt !== null) return afterVerified(snapshot, intent, candidate);
  if (old !== null && isActive(old)) return stopOld(snapshot, intent, old);
  if (old !== null && mayComeBack(old) && !isAbandoned(intent, 'disarm-old'))
    return { name: 'disarm-old', id: old.id };
  return { name: 'verify-new', id: candidate.id };
}

/** Containers that are bound to it stop first, while it can still serve them. */
function stopOld(snapshot: Snapshot, intent: RolloutIntent, old: ContainerState): Step {
  return stopDependents(snapshot, intent) ?? { name: 'stop-old', id: old.id };
}

function startCandidate(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step {
  const { old } = snapshot;
  if (old !== null && isActive(old)) return stopOld(snapshot, intent, old);
  return startOrGiveUp(intent, candidate);
}

function afterVerified(snapshot: Snapshot, intent: RolloutIntent, candidate: ContainerState): Step {
  const { old } = snapshot;
  if (old !== null && isActive(old)) return stopOld(snapshot, intent, old);
  const settling = settleDependents(snapshot, intent, candidate);
  if (settling !== null) return settling;
  // Its dependents took time, and a rollback is still possible.
  if (old !== null && candidate.health === 'unhealthy' && intent.dependents.some(isAffected)) {
    return giveUp(
      'unhealthy',
      'the new container turned unhealthy while its dependents were updated',
    );
  }
  if (intent.watchMs > 0 && intent.watchedAt === null) {
    return { name: 'watch-new', id: candidate.id };
  }
  const hook = nextHook('after', intent);
  if (hook !== null) return hook;
  const tidying = tidyAfterSuccess(snapshot, intent);
  // The old container is removed first: until then everything that a rollback needs is kept.
  return tidying.name === 'finish' ? (tidyDependents(snapshot, intent) ?? tidying) : tidying;
}
