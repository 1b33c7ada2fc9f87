import { IsOptional } from 'class-validator';
import {
  NO_POLICY,
  type ApprovalSettings,
  type PolicySettings,
} from '../../domain/settings/policy-settings.js';
import { parseDuration, DAY_MS } from '../../domain/duration.js';
import { IsDuration, IsName, isName, IsWholeNumber, NAME_RULE } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection, Required } from '../section.js';
import { shown } from '../shown.js';
import { readWindows, type WindowSection } from './window.section.js';

const YEAR_MS = 365 * DAY_MS;
const MOST_APPROVERS = 100;
const DEFAULT_EXPIRES_MS = DAY_MS;

/** `policy.approval`: who must approve a deployment before it may start. An approval holds for one digest. */
export class ApprovalSection {
  /** How many different people must approve, 0 (no one, even if the environment requires it) to 100. Default 1. */
  @Key('scalar')
  @IsOptional()
  @IsWholeNumber(0, MOST_APPROVERS, 'a number of people')
  required?: number;

  /** Who may approve: names of tokens, or of people who receive approve links. Default: every operator. */
  @Key('nested')
  of?: string[];

  /** How long a deployment waits for approval before it expires, 1m to 365d. Default `24h`. */
  @Key('string')
  @IsOptional()
  @IsDuration(60_000, YEAR_MS, 'from 1m to 365d')
  expires?: string;
}

/** `policy.promoteFrom`: deploy only versions that succeeded, and stayed healthy, in another environment. */
export class PromotionSection {
  /** The environment. Required. */
  @Key('string')
  @Required('name the environment, e.g. environment: staging')
  @IsName()
  environment!: string;

  /** The service there, with the same image. Default: the one with the same name. */
  @Key('string')
  @IsOptional()
  @IsName()
  service?: string;

  /** How long it must stay healthy there, 0s to 365d. Default `0s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(0, YEAR_MS, 'from 0s to 365d')
  after?: string;
}

/** `policy` of an environment or service: when a deployment may start. Empty: at once. */
export class PolicySection {
  /** How long to wait after the push, 0s to 365d; a newer push restarts the delay. Default `0s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(0, YEAR_MS, 'from 0s to 365d')
  delay?: string;

  /** Days and hours in which a deployment may start; an empty list means at any time. Default: at any time. */
  @Key('nested')
  window?: WindowSection[];

  /** Who must approve. Default: no one. */
  @Key('nested')
  approval?: ApprovalSection;

  /** The environment in which a version must have succeeded first. Default: none. */
  @Key('nested')
  promoteFrom?: PromotionSection;

  /** How often to poll the registry, 30s to 7d. Default: never. */
  @Key('string')
  @IsOptional()
  @IsDuration(30_000, 7 * DAY_MS, 'from 30s to 7d')
  poll?: string;
}

/** A `promoteFrom` whose references are not checked yet. A null service means the one with the same name. */
interface UncheckedPromotion {
  readonly environment: string;
  readonly service: string | null;
  readonly afterMs: number;
  /** Where `checkPromotions` reports its faults. */
  readonly node: ConfigNode;
}

/** What one `policy` map sets; null: not set. */
export interface PolicyOverrides {
  readonly delayMs: number | null;
  readonly windows: PolicySettings['windows'] | null;
  readonly approval: ApprovalSettings | null;
  readonly promoteFrom: UncheckedPromotion | null;
  readonly pollMs: number | null;
}

/** A `policy` map that sets nothing. */
export const NO_POLICY_OVERRIDES: PolicyOverrides = {
  delayMs: null,
  windows: null,
  approval: null,
  promoteFrom: null,
  pollMs: null,
};

/** A policy whose `promoteFrom` is not checked yet. */
export type UncheckedPolicy = Omit<PolicySettings, 'promoteFrom'> & {
  readonly promoteFrom: UncheckedPromotion | null;
};

/** Reads `policy`. */
export function readPolicy(node: ConfigNode | undefined): PolicyOverrides {
  const { leaves, nodes } = (node && readSection(node, PolicySection)) ?? {};
  const { delay, poll } = leaves ?? {};
  const windows = nodes?.get('window');
  return {
    delayMs: delay === undefined ? null : parseDuration(delay),
    windows: windows === undefined ? null : readWindows(windows),
    approval: readApproval(nodes?.get('approval')),
    promoteFrom: readPromotion(nodes?.get('promoteFrom')),
    pollMs: poll === undefined ? null : parseDuration(poll),
  };
}

/**
 * Each setting of the service, else of the environment, else the default. Windows, approval and promotion count as one
 * setting each.
 */
export function mergePolicy(
  environment: PolicyOverrides,
  service: PolicyOverrides,
): UncheckedPolicy {
  const approval = service.approval ?? environment.approval;
  return {
    delayMs: service.delayMs ?? environment.delayMs ?? NO_POLICY.delayMs,
    windows: service.windows ?? environment.windows ?? NO_POLICY.windows,
    // 0 lets a service opt out of the environment's approval.
    approval: approval?.required === 0 ? null : approval,
    promoteFrom: service.promoteFrom ?? environment.promoteFrom,
    pollMs: service.pollMs ?? environment.pollMs,
  };
}

function readApproval(node: ConfigNode | undefined): ApprovalSettings | null {
  const section = node === undefined ? null : readSection(node, ApprovalSection);
  if (section === null || node === undefined) return null;
  const { leaves, nodes } = section;
  const required = leaves.required ?? 1;
  const ofNode = nodes.get('of');
  const of = ofNode === undefined ? null : readApprovers(ofNode);
  if (of !== null && of.length > 0 && of.length < required) {
    node.fault(
      `requires ${String(required)} approvals, but of names only ${String(of.length)}; add names to of, or lower required`,
    );
  }
  const expiresMs = leaves.expires === undefined ? null : parseDuration(leaves.expires);
  return { required, of, expiresMs: expiresMs ?? DEFAULT_EXPIRES_MS };
}

function readApprovers(node: ConfigNode): string[] | null {
  const items = node.items();
  if (items === null) return null;
  if (items.length === 0) node.fault('names no one; leave the key out to allow every operator');
  const names: string[] = [];
  for (const item of items) {
    const name = item.string();
    if (name === null) continue;
    if (names.includes(name)) item.fault(`${shown(name)} is listed twice; list it once`);
    else if (isName(name)) names.push(name);
    else item.fault(`${shown(name)} is not ${NAME_RULE}`);
  }
  return names;
}

function readPromotion(node: ConfigNode | undefined): UncheckedPromotion | null {
  const section = node === undefined ? null : readSection(node, PromotionSection);
  const { environment, service, after } = section?.leaves ?? {};
  if (node === undefined || environment === undefined) return null;
  const afterMs = after === undefined ? 0 : (parseDuration(after) ?? 0);
  return { environment, service: service ?? null, afterMs, node };
}
