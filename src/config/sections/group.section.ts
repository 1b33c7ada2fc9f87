import { IsOptional } from 'class-validator';
import type { GroupFailure, GroupSettings } from '../../domain/settings/group-settings.js';
import { parseDuration } from '../../domain/duration.js';
import { IsDuration, IsOneOf } from '../leaf-rules.js';
import type { ConfigNode } from '../config-node.js';
import { Key, readSection, requiredNode } from '../section.js';
import { alternatives, shown, shownKey } from '../shown.js';

const DEFAULT_SETTLE_MS = 30_000;

/** `group` of an environment: services that are deployed together. */
export class GroupSection {
  /** Names of at least two of its services. Each is deployed after those before it succeeded. Required. */
  @Key('nested')
  order!: string[];

  /**
   * What happens if one does not succeed; those after it are never deployed. `rollback-all` rolls back those
   * before it, the last first; `stop` leaves them. Default `rollback-all`.
   */
  @Key('string')
  @IsOptional()
  @IsOneOf(['rollback-all', 'stop'])
  onFailure?: GroupFailure;

  /** How long to wait for further pushes after the last one, 0s to 1h. Default `30s`. */
  @Key('string')
  @IsOptional()
  @IsDuration(0, 3_600_000, 'from 0s to 1h')
  settle?: string;
}

/** Reads `group`; null if there is none, or after its faults. */
export function readGroup(
  node: ConfigNode | undefined,
  serviceNames: readonly string[],
): GroupSettings | null {
  const section = node === undefined ? null : readSection(node, GroupSection);
  if (node === undefined || section === null) return null;
  const orderNode = requiredNode(
    node,
    section,
    'order',
    'name the services, e.g. order: [migrations, web]',
  );
  if (orderNode === null) return null;
  const { onFailure = 'rollback-all', settle } = section.leaves;
  const settleMs = settle === undefined ? DEFAULT_SETTLE_MS : (parseDuration(settle) ?? 0);
  return { order: readOrder(orderNode, serviceNames), onFailure, settleMs };
}

function readOrder(node: ConfigNode, serviceNames: readonly string[]): string[] {
  const items = node.items();
  if (items === null) return [];
  if (items.length < 2) {
    node.fault('names fewer than two services; name at least two, or remove the group');
  }
  const names: string[] = [];
  for (const item of items) {
    const name = item.string();
    if (name === null) continue;
    if (!serviceNames.includes(name)) {
      const hint =
        serviceNames.length === 0
          ? 'it has none'
          : `write ${alternatives(serviceNames.map(shownKey))}`;
      item.fault(`this environment has no service ${shown(name)}; ${hint}`);
    } else if (names.includes(name)) {
      item.fault(`${shown(name)} is listed twice; list each service once`);
    } else names.push(name);
  }
  return names;
}
