import type { Generated } from 'kysely';
import type { AuditAction } from '../../domain/deployment/audit.js';
import type { DeliveryOutcome } from '../../domain/deployment/delivery.js';
import type { Phase, StepRecord, Trigger, WaitingFor } from '../../domain/deployment/deployment.js';
import type { RolloutSettings } from '../../domain/settings/rollout-settings.js';
import type { Role } from '../../domain/settings/access.js';
import type { GroupRun } from '../../domain/deployment/group.js';
import type { GroupFailure } from '../../domain/settings/group-settings.js';

/**
 * The tables after the last migration. Times are RFC 3339, UTC, with milliseconds, and therefore sort as text.
 * Columns marked JSON hold JSON text; only one repository each reads and writes them.
 */
export interface Schema {
  deployments: DeploymentTable;
  deployment_steps: DeploymentStepTable;
  deployment_log: DeploymentLogTable;
  deliveries: DeliveryTable;
  delivery_deployments: DeliveryDeploymentTable;
  events: EventTable;
  pruned_rollouts: PrunedRolloutTable;
  quarantine: QuarantineTable;
  rechecks: RecheckTable;
  tokens: TokenTable;
  settings: SettingTable;
  freezes: FreezeTable;
  audit: AuditTable;
  spent_links: SpentLinkTable;
  group_runs: GroupRunTable;
}

export interface DeploymentTable {
  id: string;
  environment: string;
  service: string;
  image: string;
  tag: string;
  digest: string | null;
  previous_digest: string | null;
  trigger_kind: Trigger['kind'];
  trigger_by: string;
  trigger_delivery: string | null;
  phase: Phase;
  waiting_for: WaitingFor | null;
  reason: string | null;
  strategy: RolloutSettings['strategy'];
  downtime_ms: number | null;
  created_at: string;
  not_before: string | null;
  started_at: string | null;
  finished_at: string | null;
  superseded_by: string | null;
  /** JSON: `Deployment['approvals']`. */
  approvals: string;
  /** JSON: `Failure`. */
  error: string | null;
  /** 0 or 1. */
  force: number;
  /** 0 or 1. */
  pinned: number;
  /** Role of the user who gave `force`; null without it. */
  force_role: Role | null;
  expires_at: string | null;
  group_id: string | null;
  group_position: number | null;
  /** JSON: what the rollout is about to do, as far as the engine cannot show it. */
  intent: string | null;
}

interface DeploymentStepTable {
  deployment: string;
  /** Counts from 1 in each deployment. */
  seq: number;
  name: string;
  started_at: string;
  finished_at: string | null;
  outcome: StepRecord['outcome'];
  detail: string | null;
}

interface DeploymentLogTable {
  deployment: string;
  /** Counts from 1 in each deployment. */
  seq: number;
  at: string;
  level: 'info' | 'warn' | 'error';
  text: string;
}

export interface DeliveryTable {
  id: string;
  webhook: string;
  type: string;
  received_at: string;
  from_address: string;
  outcome: DeliveryOutcome;
  reason: string | null;
  /** JSON: `PushEvent[]`. */
  pushes: string;
  /** JSON: names and values. */
  headers: string;
  body: string;
  /** Null for a replay: it was not sent, so no later delivery is its duplicate. */
  body_hash: string | null;
  sender_delivery_id: string | null;
}

interface DeliveryDeploymentTable {
  delivery: string;
  deployment: string;
  /** Counts from 1 in each delivery, in the order in which deployments were created or joined. */
  position: number;
}

interface EventTable {
  /** Never reused, not even after rows were deleted. */
  id: Generated<number>;
  deployment: string;
  environment: string;
  /** JSON: the `Deployment` at that time. */
  data: string;
  at: string;
}

/** What is kept of a pruned deployment whose rollout was started. */
type PrunedRolloutTable = Pick<
  DeploymentTable,
  'id' | 'environment' | 'service' | 'image' | 'tag' | 'digest' | 'previous_digest' | 'phase'
> & { finished_at: string };

interface QuarantineTable {
  environment: string;
  service: string;
  digest: string;
  deployment: string;
  reason: string;
  at: string;
}

interface RecheckTable {
  environment: string;
  service: string;
  tag: string;
  image: string;
  delivery: string;
  webhook: string;
  at: string;
}

interface TokenTable {
  name: string;
  role: Role;
  hash: string;
}

interface SettingTable {
  key: string;
  value: string;
}

interface FreezeTable {
  environment: string;
  reason: string;
  until: string | null;
  by_name: string;
  since: string;
}

interface AuditTable {
  id: string;
  at: string;
  by_name: string;
  role: Role;
  action: AuditAction;
  environment: string | null;
  service: string | null;
  deployment: string | null;
  detail: string | null;
}

interface SpentLinkTable {
  deployment: string;
  id: string;
  spent_at: string;
}

interface GroupRunTable {
  id: string;
  environment: string;
  on_failure: GroupFailure;
  direction: GroupRun['direction'];
  started_at: string;
  finished_at: string | null;
}
