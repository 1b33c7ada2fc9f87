import type { Kysely, Selectable, Updateable } from 'kysely';
import type { Deployment, DeploymentPatch, Failure } from '../../domain/deployment/deployment.js';
import type { DeploymentTable, Schema } from './schema.js';

/** A row of `deployments` without the intent, which is only read for recovery. */
export type DeploymentRow = Omit<Selectable<DeploymentTable>, 'intent'>;

/** Columns that say which version of which service a deployment is about. */
export const VERSION_COLUMNS = [
  'id',
  'environment',
  'service',
  'image',
  'tag',
  'digest',
  'previous_digest',
] as const satisfies readonly (keyof DeploymentRow)[];

/** The columns of a `DeploymentRow`. */
export const DEPLOYMENT_COLUMNS = [
  ...VERSION_COLUMNS,
  'trigger_kind',
  'trigger_by',
  'trigger_delivery',
  'phase',
  'waiting_for',
  'reason',
  'strategy',
  'downtime_ms',
  'created_at',
  'not_before',
  'started_at',
  'finished_at',
  'superseded_by',
  'approvals',
  'error',
  'force',
  'pinned',
  'force_role',
  'expires_at',
  'group_id',
  'group_position',
] as const satisfies readonly (keyof DeploymentRow)[];

/** The row that stores a deployment. */
export function rowOf(deployment: Deployment): DeploymentRow {
  return {
    id: deployment.id,
    environment: deployment.environment,
    service: deployment.service,
    image: deployment.image,
    tag: deployment.tag,
    digest: deployment.digest,
    previous_digest: deployment.previousDigest,
    trigger_kind: deployment.trigger.kind,
    trigger_by: deployment.trigger.by,
    trigger_delivery: deployment.trigger.delivery,
    phase: deployment.phase,
    waiting_for: deployment.waitingFor,
    reason: deployment.reason,
    strategy: deployment.strategy,
    downtime_ms: deployment.downtimeMs,
    created_at: deployment.createdAt,
    not_before: deployment.notBefore,
    started_at: deployment.startedAt,
    finished_at: deployment.finishedAt,
    superseded_by: deployment.supersededBy,
    approvals: JSON.stringify(deployment.approvals),
    error: errorColumn(deployment.error),
    force: deployment.force ? 1 : 0,
    pinned: deployment.pinned ? 1 : 0,
    force_role: deployment.forceRole,
    expires_at: deployment.expiresAt,
    ...groupColumns(deployment.group),
  };
}

/** The part of a deployment in the `VERSION_COLUMNS` of its row. */
export function versionOf(row: Pick<DeploymentRow, (typeof VERSION_COLUMNS)[number]>) {
  return {
    id: row.id,
    environment: row.environment,
    service: row.service,
    image: row.image,
    tag: row.tag,
    digest: row.digest,
    previousDigest: row.previous_digest,
  };
}

/** The deployment in a row. */
export function deploymentOf(row: DeploymentRow): Deployment {
  return {
    ...versionOf(row),
    trigger: { kind: row.trigger_kind, by: row.trigger_by, delivery: row.trigger_delivery },
    phase: row.phase,
    waitingFor: row.waiting_for,
    reason: row.reason,
    strategy: row.strategy,
    downtimeMs: row.downtime_ms,
    createdAt: row.created_at,
    notBefore: row.not_before,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    supersededBy: row.superseded_by,
    approvals: JSON.parse(row.approvals) as Deployment['approvals'],
    error: row.error === null ? null : (JSON.parse(row.error) as Failure),
    force: row.force === 1,
    pinned: row.pinned === 1,
    forceRole: row.force_role,
    expiresAt: row.expires_at,
    group: row.group_id === null ? null : { id: row.group_id, position: row.group_position ?? 0 },
  };
}

/** The columns that a `DeploymentPatch` may change, for the changed deployment. */
export function changedColumnsOf(
  deployment: Required<DeploymentPatch>,
): Updateable<DeploymentTable> {
  return {
    digest: deployment.digest,
    previous_digest: deployment.previousDigest,
    phase: deployment.phase,
    waiting_for: deployment.waitingFor,
    reason: deployment.reason,
    strategy: deployment.strategy,
    downtime_ms: deployment.downtimeMs,
    not_before: deployment.notBefore,
    started_at: deployment.startedAt,
    finished_at: deployment.finishedAt,
    superseded_by: deployment.supersededBy,
    error: errorColumn(deployment.error),
    approvals: JSON.stringify(deployment.approvals),
    expires_at: deployment.expiresAt,
    ...groupColumns(deployment.group),
  };
}

/** Selects the deployments of a service. */
export function deploymentsOf(database: Kysely<Schema>, environment: string, service: string) {
  return database
    .selectFrom('deployments')
    .where('environment', '=', environment)
    .where('service', '=', service);
}

function groupColumns(group: Deployment['group']) {
  return { group_id: group?.id ?? null, group_position: group?.position ?? null };
}

function errorColumn(error: Failure | null): string | null {
  return error === null ? null : JSON.stringify(error);
}
