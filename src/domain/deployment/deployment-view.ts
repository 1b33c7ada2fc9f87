import type { SettingsComparison } from './comparison.js';
import type { Deployment, StepRecord } from './deployment.js';
import { waitingReason } from './waiting-reason.js';

/** What the API shows of a deployment. */
export type DeploymentView = Omit<Deployment, 'pinned' | 'forceRole'>;

/** A deployment as the API shows it: only these keys, with the reason for waiting as of now. */
export function deploymentView(deployment: Deployment): DeploymentView {
  const { id, environment, service, image, tag, digest, previousDigest } = deployment;
  const { phase, waitingFor, strategy, downtimeMs, createdAt } = deployment;
  const { notBefore, startedAt, finishedAt, supersededBy, expiresAt, force, group } = deployment;
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
    reason: waitingReason(deployment, Date.now()),
    strategy,
    downtimeMs,
    createdAt,
    notBefore,
    startedAt,
    finishedAt,
    supersededBy,
    expiresAt,
    approvals,
    error: deployment.error,
    force,
    group,
  };
}

/** What the API adds to a single deployment: its steps, and the proof that no setting was lost. */
export interface WholeDeployment {
  readonly steps: readonly StepRecord[];
  /** Null until the new container was compared with the old one. */
  readonly comparison: SettingsComparison | null;
}

/** A single deployment with all its details. */
export function wholeDeploymentView(
  deployment: Deployment & WholeDeployment,
): DeploymentView & WholeDeployment {
  const steps = deployment.steps.map(({ name, startedAt, finishedAt, outcome, detail }) => ({
    name,
    startedAt,
    finishedAt,
    outcome,
    detail,
  }));
  return { ...deploymentView(deployment), steps, comparison: deployment.comparison };
}
