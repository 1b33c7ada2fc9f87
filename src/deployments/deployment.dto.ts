import type { Deployment, StepRecord } from '../domain/deployment.js';

/** What the API shows of a deployment. */
export type DeploymentView = Omit<Deployment, 'pinned'>;

/** A deployment as the API shows it (CONTRACT section 4): these keys, whatever else is stored. */
export function deploymentView(deployment: Deployment): DeploymentView {
  const { id, environment, service, image, tag, digest, previousDigest } = deployment;
  const { phase, waitingFor, reason, strategy, downtimeMs, createdAt } = deployment;
  const { notBefore, startedAt, finishedAt, supersededBy, force } = deployment;
  const { kind, by, delivery } = deployment.trigger;
  const approvals = deployment.approvals.map(({ by: approver, at }) => ({ by: approver, at }));
  return {
    id,
    environment,
    service,
    image,
    tag,
    digest,
    previousDigest,
    trigger: { kind, by, delivery },
    phase,
    waitingFor,
    reason,
    strategy,
    downtimeMs,
    createdAt,
    notBefore,
    startedAt,
    finishedAt,
    supersededBy,
    approvals,
    error: deployment.error,
    force,
  };
}

/** One deployment with what was done for it. */
export function deploymentWithSteps(
  deployment: Deployment & { readonly steps: readonly StepRecord[] },
): DeploymentView & { readonly steps: readonly StepRecord[] } {
  const steps = deployment.steps.map(({ name, startedAt, finishedAt, outcome, detail }) => ({
    name,
    startedAt,
    finishedAt,
    outcome,
    detail,
  }));
  return { ...deploymentView(deployment), steps };
}
