import type { ConfigNode } from '../config-node.js';
import { alternatives, shown, shownKey } from '../shown.js';

/** Reads a list of names of environments that must be defined; null after a fault where it is no list. */
export function readEnvironmentNames(
  node: ConfigNode,
  environmentNames: ReadonlySet<string>,
): string[] | null {
  const items = node.items();
  if (items === null) return null;
  if (items.length === 0) node.fault('names no environment; leave the key out to mean all of them');
  const names: string[] = [];
  for (const item of items) {
    const name = item.string();
    if (name === null) continue;
    if (!environmentNames.has(name))
      item.fault(undefinedName('environment', name, environmentNames));
    else if (names.includes(name))
      item.fault(`${shown(name)} stands twice in the list; once is enough`);
    else names.push(name);
  }
  return names;
}

/** What to say of a name that is defined nowhere. */
export function undefinedName(
  what: 'environment' | 'engine',
  name: string,
  defined: ReadonlySet<string>,
): string {
  const known =
    defined.size === 0 ? 'none is' : `defined: ${alternatives([...defined].map(shownKey))}`;
  return `no ${what} ${shown(name)} is defined in this file; ${known}`;
}
