import { hasEnded, type Deployment as StoredDeployment } from '../domain/deployment/deployment.js';
import type { Delivery } from '../domain/deployment/delivery.js';
import type { RolloutIntent } from '../domain/rollout/intent.js';
import { isDecision, type Step } from '../domain/rollout/step.js';
import { describeStep } from '../domain/rollout/plan/describe-step.js';
import type { Deployment, Plan, Push, Result } from './api.js';

/** A deployment in the form that handlers get. Its digest must be known. */
export function deploymentView(deployment: StoredDeployment): Deployment {
  const { id, environment, service, image, tag, digest, force, createdAt } = deployment;
  const { kind, by } = deployment.trigger;
  return {
    id,
    environment,
    service,
    image,
    tag,
    digest: digest ?? '',
    trigger: { kind, by },
    force,
    createdAt,
  };
}

/** The push that caused a deployment, as its delivery reported it. */
export function pushView(
  { environment, service, image, tag }: StoredDeployment,
  delivery: Pick<Delivery, 'id' | 'webhook' | 'receivedAt' | 'pushes'>,
): Push {
  const push = delivery.pushes.find((each) => each.repository === image && each.tag === tag);
  const { id, webhook, receivedAt } = delivery;
  return {
    image,
    tag,
    digest: push?.digest ?? null,
    webhook,
    delivery: id,
    receivedAt,
    environment,
    service,
  };
}

/** The plan of a rollout, as in a dry run. */
export function planView(
  deployment: StoredDeployment,
  intent: RolloutIntent,
  steps: readonly Step[],
): Plan {
  return {
    deployment: deploymentView(deployment),
    container: intent.container,
    engine: intent.engine,
    strategy: intent.strategy,
    from: intent.old.digest,
    to: intent.digest,
    steps: steps
      .filter((step) => !isDecision(step))
      .map((step) => ({ name: step.name, description: describeStep(step, intent) })),
  };
}

/** The result of a rollout; null while it has not ended. */
export function resultView(deployment: StoredDeployment): Result | null {
  const { phase, reason, error, downtimeMs, startedAt, finishedAt } = deployment;
  if (!hasEnded(phase) || finishedAt === null) return null;
  return {
    deployment: deploymentView(deployment),
    phase: phase as Result['phase'],
    reason,
    error: error && { code: error.code, message: error.message, serving: error.serving },
    downtimeMs,
    startedAt,
    finishedAt,
  };
}
