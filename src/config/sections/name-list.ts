import type { ConfigNode } from '../config-node.js';
import { alternatives, shown, shownKey } from '../shown.js';

/** Reads a list of names of defined environments; null after a fault if it is not a list. */
export function readEnvironmentNames(
  node: ConfigNode,
  environmentNames: ReadonlySet<string>,
): string[] | null {
  const items = node.items();
  if (items === null) return null;
  if (items.length === 0)
    node.fault('names no environment; leave the key out to include all of them');
  const names: string[] = [];
  for (const item of items) {
    const name = item.string();
    if (name === null) continue;
    if (!environmentNames.has(name))
      item.fault(undefinedName('environment', name, environmentNames));
    else if (names.includes(name)) item.fault(`${shown(name)} is listed twice; list it once`);
    else names.push(name);
  }
  return names;
}

/** The message for a name that is not defined. */
export function undefinedName(
  what: 'environment' | 'engine',
  name: string,
  defined: ReadonlySet<string>,
): string {
  const known =
    defined.size === 0 ? 'define it' : `write ${alternatives([...defined].map(shownKey))}`;
  return `no ${what} ${shown(name)} is defined in this file; ${known}`;
}
