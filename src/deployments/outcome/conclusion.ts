import {
  failureOf,
  type DeploymentPatch,
  type Failure,
  type Phase,
} from '../../domain/deployment/deployment.js';
import { isAffected } from '../../domain/rollout/dependents.js';
import { isVersionAtFault } from '../../domain/errors.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import type { Decision } from '../../domain/rollout/step.js';

/** How a rollout ended, in the deployment's words. */
export interface Conclusion {
  readonly patch: DeploymentPatch & { readonly phase: Phase };
  /** The version itself was at fault: later deliveries of its digest are refused. */
  readonly quarantine: boolean;
}

/** What is written of a rollout that has ended. Pure: the times come from the engine and the caller. */
export function concludeRollout(
  intent: RolloutIntent,
  decision: Extract<Decision, { name: 'finish' }>,
  finishedAt: string,
): Conclusion {
  const { phase } = decision;
  const common = { phase, finishedAt, downtimeMs: downtime(intent, decision) };
  if (phase === 'succeeded') {
    return { patch: { ...common, reason: null, error: null }, quarantine: false };
  }
  if (phase === 'skipped') {
    const reason = `the image of ${intent.digest} is the one that runs already`;
    return { patch: { ...common, downtimeMs: null, reason }, quarantine: false };
  }
  const failure = intent.failure ?? {
    code: 'interrupted' as const,
    message: 'the rollout was interrupted and undone',
  };
  const troubles = [...intent.dependentTroubles, ...wayOutOfTroubles(intent)];
  const parts = [failure.message, intent.restoreFailed, ...troubles, wayOut(intent, decision)];
  // A dependent may fail during the rollback as it did before.
  const message = [...new Set(parts.filter((part) => part !== null))].join('; ');
  const error: Failure = failureOf(failure.code, message, decision.serving, intent.logTail);
  const wasStarted = intent.startedInEpoch !== null;
  return {
    patch: { ...common, reason: failure.message, error },
    quarantine: wasStarted && isVersionAtFault(failure.code),
  };
}

/**
 * From the old container's end to the first healthy moment of whichever serves now; 0 where the old one
 * was never down; null where nothing ran before or nothing serves.
 */
function downtime(
  intent: RolloutIntent,
  decision: Extract<Decision, { name: 'finish' }>,
): number | null {
  if (!intent.old.wasRunning) return null;
  const { oldDownAt, newDownAt, downMs, verifiedAt, restoredAt } = intent;
  if (oldDownAt === null) return decision.serving === 'none' ? null : downMs;
  const isNew = decision.serving === 'new';
  const backAt = isNew ? verifiedAt : restoredAt;
  if (backAt === null) return null;
  // The new one may have served in between, until it ended. What a handover took is in `downMs`.
  const hasServed = !isNew && intent.strategy !== 'handover';
  if (!hasServed || verifiedAt === null || newDownAt === null) {
    return downMs + between(oldDownAt, backAt);
  }
  return (
    downMs +
    between(oldDownAt, verifiedAt) +
    Math.min(between(oldDownAt, backAt), between(newDownAt, backAt))
  );
}

/** Milliseconds from one time to another; 0 where that came before. */
function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** What a person has to do, where containers that depend on the restored one could not be brought back. */
function wayOutOfTroubles({ dependentTroubles, container }: RolloutIntent): string[] {
  if (dependentTroubles.length === 0) return [];
  return [
    `look at each with "docker ps -a" and "docker logs", give it its name back with "docker rename" where it has another, and "docker start" it: it is bound to ${container} as it runs now`,
  ];
}

/** What a person has to do, where nothing serves. */
function wayOut(
  intent: RolloutIntent,
  decision: Extract<Decision, { name: 'finish' }>,
): string | null {
  if (decision.serving !== 'none' || decision.phase === 'rolled-back') return null;
  const name = intent.container;
  return `nothing serves now and everything is left as it is: look at "docker ps -a --filter name=${name}", remove what blocks, then "docker rename" and "docker start" the container that shall serve as ${name}, or deploy again${thenDependents(intent)}`;
}

function thenDependents({ dependents }: RolloutIntent): string {
  const names = dependents.filter(isAffected).map((each) => each.name);
  return names.length === 0 ? '' : `; then see that what depends on it runs: ${names.join(', ')}`;
}
