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

/** `policy.approval`: who must agree before a deployment may go. It is bound to the digest. */
export class ApprovalSection {
  /** How many different people must agree, 0 (nobody, also where the environment says otherwise) to 100. Default 1. */
  @Key('scalar')
  @IsOptional()
  @IsWholeNumber(0, MOST_APPROVERS, 'a number of people')
  required?: number;

  /** Names that may: of tokens, or of people who are sent approve links. Default: every operator. */
  @Key('nested')
  of?: string[];

  /** How long a deployment waits for them before it expires, 1m to 365d. Default `24h`. */
  @Key('string')
  @IsOptional()
  @IsDuration(60_000, YEAR_MS, 'from 1m to 365d')
  expires?: string;
}

/** `policy.promoteFrom`: only what succeeded in another environment, and stayed healthy there, is deployed. */
export class PromotionSection {
  /** The environment. Required. */
  @Key('string')
  @Required('name the environment, e.g. environment: staging')
  @IsName()
  environment!: string;

  /** The service there, of the same image. Default: the one of the same name. */
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

/** `policy` of an environment or service: when a deployment may go. Empty: at once. */
export class PolicySection {
  /** How long to wait after the push, 0s to 365d; a newer push starts again. Default `0s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(0, YEAR_MS, 'from 0s to 365d')
  delay?: string;

  /** Days and hours in which it may start; an empty list: at any time. Default: at any time. */
  @Key('nested')
  window?: WindowSection[];

  /** Who must agree. Default: nobody. */
  @Key('nested')
  approval?: ApprovalSection;

  /** The environment in which it must have succeeded. Default: none. */
  @Key('nested')
  promoteFrom?: PromotionSection;

  /** How often the registry is asked without a push, 30s to 7d. Default: never. */
  @Key('string')
  @IsOptional()
  @IsDuration(30_000, 7 * DAY_MS, 'from 30s to 7d')
  poll?: string;
}

/** What one `policy` map says of where versions come from; the service is the one of the same name where null. */
interface UncheckedPromotion {
  readonly environment: string;
  readonly service: string | null;
  readonly afterMs: number;
  /** Where it stands, for faults that only the whole configuration shows. */
  readonly node: ConfigNode;
}

/** What one `policy` map says; null: it says nothing of this. */
export interface PolicyOverrides {
  readonly delayMs: number | null;
  readonly windows: PolicySettings['windows'] | null;
  readonly approval: ApprovalSettings | null;
  readonly promoteFrom: UncheckedPromotion | null;
  readonly pollMs: number | null;
}

/** A `policy` map that sets nothing. */
export const NO_OVERRIDES: PolicyOverrides = {
  delayMs: null,
  windows: null,
  approval: null,
  promoteFrom: null,
  pollMs: null,
};

/** A policy whose `promoteFrom` was not looked at yet. */
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

/** The service's own word, else the environment's, else the default; windows, approval and promotion as a whole. */
export function mergePolicy(
  environment: PolicyOverrides,
  service: PolicyOverrides,
): UncheckedPolicy {
  const approval = service.approval ?? environment.approval;
  return {
    delayMs: service.delayMs ?? environment.delayMs ?? NO_POLICY.delayMs,
    windows: service.windows ?? environment.windows ?? NO_POLICY.windows,
    // Nobody needs to agree: also where the environment says otherwise.
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
      `${String(required)} must agree and only ${String(of.length)} may; name more in of, or lower required`,
    );
  }
  const expiresMs = leaves.expires === undefined ? null : parseDuration(leaves.expires);
  return { required, of, expiresMs: expiresMs ?? DEFAULT_EXPIRES_MS };
}

function readApprovers(node: ConfigNode): string[] | null {
  const items = node.items();
  if (items === null) return null;
  if (items.length === 0) node.fault('names nobody; leave the key out to mean every operator');
  const names: string[] = [];
  for (const item of items) {
    const name = item.string();
    if (name === null) continue;
    if (names.includes(name)) item.fault(`${shown(name)} stands twice in the list; once is enough`);
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
