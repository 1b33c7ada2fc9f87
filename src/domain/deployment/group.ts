import {
  hasEnded,
  NOT_STARTED,
  UNDER_WAY,
  type Deployment,
  type Phase,
  isManual,
} from './deployment.js';
import { formatDuration } from '../duration.js';
import type { GroupFailure, GroupSettings } from '../settings/group-settings.js';

/** A group as written in the configuration. */
export interface GroupView {
  readonly order: readonly string[];
  readonly onFailure: GroupFailure;
  readonly settle: string;
}

/** A grouped deployment: deployments of several services that were released together. Times are RFC 3339, UTC. */
export interface GroupRun {
  /** ULID. */
  readonly id: string;
  readonly environment: string;
  /** As configured when it began. */
  readonly onFailure: GroupFailure;
  /** `back` once one of its deployments ended without success. */
  readonly direction: 'forward' | 'back';
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

/** What a grouped deployment does next. */
export type GroupMove =
  | { readonly kind: 'next'; readonly deployment: Deployment }
  | { readonly kind: 'under-way' }
  | {
      readonly kind: 'turn-back';
      readonly cause: Deployment;
      readonly cancel: readonly Deployment[];
      /** Last deployed first. */
      readonly rollBack: readonly Deployment[];
    }
  | { readonly kind: 'over' };

/** Ends that let the deployments after it proceed. */
const GOT_THROUGH: readonly Phase[] = ['succeeded', 'skipped'];
/** Ends before anything was touched that leave the service behind the rest of its group. */
const DROPPED: readonly Phase[] = ['failed', 'rejected', 'cancelled', 'expired'];

/** A group for the API; null without one. */
export function groupView(group: GroupSettings | null): GroupView | null {
  if (group === null) return null;
  const { order, onFailure, settleMs } = group;
  return { order, onFailure, settle: formatDuration(settleMs) };
}

/** Whether a deployment is part of its service's group. A manual deployment never is. */
export function movesInGroup(
  deployment: Pick<Deployment, 'service' | 'trigger'>,
  group: GroupSettings | null,
): group is GroupSettings {
  return group !== null && !isManual(deployment) && group.order.includes(deployment.service);
}

/** What comes next in a grouped deployment. @param deployments All of its deployments. */
export function nextMove(
  { direction, onFailure }: Pick<GroupRun, 'direction' | 'onFailure'>,
  deployments: readonly Deployment[],
): GroupMove {
  const isBack = ({ trigger }: Deployment): boolean => trigger.kind === 'rollback';
  const forward = latestByPosition(deployments.filter((each) => !isBack(each)));
  if (forward.some(({ phase }) => UNDER_WAY.includes(phase))) return { kind: 'under-way' };
  if (direction === 'back') return firstOpen(deployments.filter(isBack).sort(byPosition).reverse());
  const cause = forward.find(({ phase }) => hasEnded(phase) && !GOT_THROUGH.includes(phase));
  if (cause === undefined) return firstOpen(forward);
  const isRolledBack = onFailure === 'rollback-all';
  return {
    kind: 'turn-back',
    cause,
    cancel: forward.filter(({ phase }) => NOT_STARTED.includes(phase)),
    rollBack: isRolledBack ? forward.filter(hasMoved).reverse() : [],
  };
}

/**
 * Whether a service's last deployment belonged with the others but ended before they were released: it was pushed
 * within the group's settling time before or after them.
 */
export function isMissed(
  last: Deployment | null,
  others: readonly Pick<Deployment, 'createdAt'>[],
  group: GroupSettings,
): last is Deployment {
  if (last === null || last.startedAt !== null || last.group !== null) return false;
  if (!DROPPED.includes(last.phase) || !movesInGroup(last, group)) return false;
  const at = Date.parse(last.createdAt);
  const times = others.map(({ createdAt }) => Date.parse(createdAt));
  return at >= Math.min(...times) - group.settleMs && at <= Math.max(...times) + group.settleMs;
}

/** Why the deployments that belonged with a failed one are cancelled. */
export function whyDropped({ id, service, phase }: Deployment): string {
  return `it is grouped with ${service}, whose deployment ${id} ended ${phase}`;
}

/** A deployment that was undone through no fault of its own is retried at the same position: the newer one counts. */
function latestByPosition(deployments: readonly Deployment[]): Deployment[] {
  const oldestFirst = [...deployments].sort((one, other) => (one.id < other.id ? -1 : 1));
  const latest = new Map(oldestFirst.map((each) => [each.group?.position ?? 0, each]));
  return [...latest.values()].sort(byPosition);
}

function firstOpen(inOrder: readonly Deployment[]): GroupMove {
  const open = inOrder.find(({ phase }) => !hasEnded(phase));
  if (open === undefined) return { kind: 'over' };
  return UNDER_WAY.includes(open.phase)
    ? { kind: 'under-way' }
    : { kind: 'next', deployment: open };
}

function hasMoved({ phase, digest, previousDigest }: Deployment): boolean {
  return phase === 'succeeded' && previousDigest !== digest;
}

function byPosition(one: Deployment, other: Deployment): number {
  return (one.group?.position ?? 0) - (other.group?.position ?? 0);
}
