import { nextHook } from '../hooks.js';
import { isAbandoned, isTouched, type RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, mayComeBack, type ContainerState } from '../container-state.js';
import { classifyStartFailure, startFailure } from './start-failure.js';
import type { Step } from '../step.js';

/**
 * What is left to do with a new container that was created but not started, before the old one is touched; null once
 * it is complete, its settings were compared, and the `before` hooks are done.
 */
export function complete(
  { old }: Snapshot,
  intent: RolloutIntent,
  { id }: ContainerState,
): Step | null {
  if (intent.furtherNetworks.length > 0 && !intent.connected) return { name: 'connect-new', id };
  if (old !== null) {
    if (intent.files.length > 0 && !intent.filesCarried) return { name: 'carry-files', id };
    // Once the old container was touched, availability comes first, and the new one was compared before.
    const isProved = intent.comparison !== null || (isTouched(intent) && intent.old.wasRunning);
    if (!isProved) return { name: 'compare', id };
  }
  // Even if the old container has ended meanwhile: the new version must not start without them.
  return nextHook('before', intent);
}

/** Starts a new container that is not running, unless the engine refused its start for a lasting reason. */
export function startOrGiveUp(intent: RolloutIntent, candidate: ContainerState): Step {
  const failure = candidate.startedAt === null ? startFailure(candidate) : null;
  if (failure === null) return { name: 'start-new', id: candidate.id };
  // A container that is just ending may hold its port for a moment.
  if (failure.code === 'port-taken' && intent.portRetries < 1) {
    return { name: 'start-new', id: candidate.id };
  }
  return { name: 'give-up', ...failure };
}

/** The failure of a new container that ran and has ended through its own fault. */
export function whyItEnded(candidate: ContainerState): Step {
  // It ran before the engine was restarted, and after that its start was refused.
  if (candidate.error !== '') return { name: 'give-up', ...classifyStartFailure(candidate.error) };
  return candidate.outOfMemory
    ? giveUp('out-of-memory', 'the new container was killed because it ran out of memory')
    : giveUp('exited', `the new container exited with code ${String(candidate.exitCode)}`);
}

/** Why the old container must not make way for this new one, although it was healthy; null if it may. */
export function whyNotTrusted(candidate: ContainerState): Step | null {
  if (candidate.health === 'unhealthy') {
    return giveUp('unhealthy', 'the new container turned unhealthy before it took over');
  }
  // A new container was started only once.
  return candidate.status === 'restarting' || candidate.restartCount > 0
    ? whyItEnded(candidate)
    : null;
}

/** Whether the old container still has to be drained. */
export function mustDrain(intent: RolloutIntent): boolean {
  return intent.drain !== null && !intent.drained && !isAbandoned(intent, 'drain-old');
}

/**
 * The end of an overlapping strategy, once the new container serves: the old one is stopped while it
 * still has its name, and only then the names are moved. Null once all this is done.
 */
export function retireOld(
  snapshot: Snapshot,
  intent: RolloutIntent,
  candidate: ContainerState,
): Step | null {
  const { old, holder } = snapshot;
  const names = rolloutNames(intent.container);
  if (old !== null && isActive(old)) return { name: 'stop-old', id: old.id };
  if (old !== null && old.name === names.final) return { name: 'retire-old', id: old.id };
  if (candidate.name !== names.final) {
    if (holder !== null) {
      return giveUp('name-taken', `another container has taken the name ${names.final}`);
    }
    return { name: 'take-name', id: candidate.id };
  }
  if (old !== null && mayComeBack(old) && !isAbandoned(intent, 'disarm-old')) {
    return { name: 'disarm-old', id: old.id };
  }
  return null;
}

/** Removes what is left of the old container, which is no longer needed once the new one has passed its checks. */
export function tidyAfterSuccess({ old, twin }: Snapshot, intent: RolloutIntent): Step {
  if (old !== null && !isAbandoned(intent, 'remove-old')) return { name: 'remove-old', id: old.id };
  if (twin !== null && !isAbandoned(intent, 'remove-twin'))
    return { name: 'remove-twin', id: twin.id };
  return { name: 'finish', phase: 'succeeded', serving: 'new' };
}

/** The decision to give up, with the code and message of the failure. */
export function giveUp(code: Extract<Step, { name: 'give-up' }>['code'], message: string): Step {
  return { name: 'give-up', code, message };
}
