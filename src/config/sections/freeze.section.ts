import type { FreezePeriod } from '../../domain/settings/policy-settings.js';
import { isTimeZone } from '../../domain/policy/windows.js';
import { IsFilled } from '../leaf-rules.js';
import { IsDateOrTime, IsTimeZone, momentOf } from '../leaf-rules-time.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection, Required } from '../section.js';
import { readEnvironmentNames } from './name-list.js';

/** One of `freezes`: a period in which no deployment starts, except rollbacks and what an admin forces. */
export class FreezeSection {
  /** Its first moment: a date (`2026-12-24`) or a date-time (`"2026-12-24T18:00"`). Required. */
  @Key('string')
  @Required('write the first day or moment, e.g. from: 2026-12-24')
  @IsDateOrTime()
  from!: string;

  /** Its end: a date, which is included, or a date-time. Required. */
  @Key('string')
  @Required('write the last day or the moment at which it ends, e.g. to: 2027-01-01')
  @IsDateOrTime()
  to!: string;

  /** IANA time zone of `from` and `to` if they have no offset. Default `UTC`. */
  @Key('string')
  @IsTimeZone()
  timezone?: string;

  /** The reason that users are shown. Required. */
  @Key('string')
  @Required('write the reason that users are shown, e.g. reason: Christmas')
  @IsFilled()
  reason!: string;

  /** The environments to freeze. Default: all. */
  @Key('nested')
  environments?: string[];
}

/** Reads `freezes`. */
export function readFreezes(
  node: ConfigNode | undefined,
  environmentNames: ReadonlySet<string>,
): FreezePeriod[] {
  if (node === undefined) return [];
  const freezes = (node.items() ?? []).map((item) => readFreeze(item, environmentNames));
  return freezes.filter((freeze) => freeze !== null);
}

function readFreeze(node: ConfigNode, environmentNames: ReadonlySet<string>): FreezePeriod | null {
  const section = readSection(node, FreezeSection);
  if (section === null) return null;
  const { leaves, nodes } = section;
  const names = nodes.get('environments');
  const environments = names === undefined ? null : readEnvironmentNames(names, environmentNames);
  const { from = '', to = '', timezone = 'UTC', reason } = leaves;
  if (!isTimeZone(timezone) || reason === undefined) return null;
  const start = momentOf(from, timezone, 'from');
  const end = momentOf(to, timezone, 'to');
  if (start === null || end === null) return null;
  if (end <= start) nodes.get('to')?.fault('is not after from; write a later date');
  return {
    from: new Date(start).toISOString(),
    to: new Date(end).toISOString(),
    reason,
    environments,
  };
}
