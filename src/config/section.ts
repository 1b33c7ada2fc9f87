import { IsDefined, validateSync } from 'class-validator';
import { closest, distance } from 'fastest-levenshtein';
import type { ConfigNode } from './config-node.js';
import { alternatives, shownKey } from './shown.js';

/**
 * How `readSection` treats a key of a section class.
 * - `string`: a single value, taken exactly as written; class-validator decorators check it.
 * - `scalar`: a single string, number or boolean; class-validator decorators check it.
 * - `nested`: a map, list, union or secret that the section's own reader parses.
 * - `later`: known but not implemented yet, and therefore refused.
 */
export type KeyKind = 'string' | 'scalar' | 'nested' | 'later';

type SectionClass<T extends object = object> = new () => T;

const KEYS = new Map<object, Map<string, KeyKind>>();

/** Makes a property of a section class a key of the configuration file. */
export function Key(kind: KeyKind): PropertyDecorator {
  return (prototype, name) => {
    const keys = KEYS.get(prototype) ?? new Map<string, KeyKind>();
    KEYS.set(prototype, keys.set(String(name), kind));
  };
}

/** Makes a `string` or `scalar` key required; `wanted` says what to write. A `nested` key is required by its reader. */
export function Required(wanted: string): PropertyDecorator {
  return IsDefined({ message: missing(wanted) });
}

/** The message for a missing key. */
export function missing(wanted: string): string {
  return `is missing; ${wanted}`;
}

/** The message for a `later` key. */
const NOT_SUPPORTED_YET = 'is not supported yet; remove it';

/** The keys of a section class and how each is treated, inherited ones last. */
export function keysOf(section: SectionClass): ReadonlyMap<string, KeyKind> {
  return keysOfPrototype(section.prototype as object);
}

function keysOfPrototype(prototype: object): ReadonlyMap<string, KeyKind> {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  const inherited = parent === null ? [] : keysOfPrototype(parent);
  return new Map([...(KEYS.get(prototype) ?? []), ...inherited]);
}

/** The content of a map in the file, according to its section class. */
export interface SectionContent<T> {
  /** The valid values of `string` and `scalar` keys. */
  readonly leaves: Partial<T>;
  /** The nodes of all known keys that are in the file, valid or not. */
  readonly nodes: ReadonlyMap<string, ConfigNode>;
}

/**
 * Reads one map according to its section class. Reports unknown, `later` and duplicate keys, and every
 * violation of the class's class-validator decorators. An empty value counts as `{}`; null after a fault if it is
 * not a map.
 */
export function readSection<T extends object>(
  node: ConfigNode,
  section: SectionClass<T>,
): SectionContent<T> | null {
  const entries = node.entries();
  if (entries === null) return null;
  const keys = keysOf(section);
  const nodes = new Map<string, ConfigNode>();
  for (const [name, child] of entries) {
    const kind = keys.get(name);
    if (kind === undefined) child.faultAtKey(unknownKey(name, [...keys.keys()]));
    else if (kind === 'later') child.faultAtKey(NOT_SUPPORTED_YET);
    else nodes.set(name, child);
  }
  return { leaves: readLeaves(node, section, keys, nodes), nodes };
}

/** The node of a required `nested` key; null after a fault if the key is missing. `wanted` says what to write. */
export function requiredNode(
  parent: ConfigNode,
  { nodes }: SectionContent<object>,
  key: string,
  wanted: string,
): ConfigNode | null {
  const node = nodes.get(key);
  if (node === undefined) parent.faultForMissing(key, missing(wanted));
  return node ?? null;
}

/** The message for an unknown key: suggests the nearest known key and lists them all. */
function unknownKey(name: string, known: readonly string[]): string {
  const start = `unknown key ${shownKey(name)}`;
  if (known.length === 0) return start;
  const nearest = closest(name.slice(0, 100), known);
  const isNear = distance(name.slice(0, 100), nearest) <= Math.max(2, nearest.length / 2);
  const hint = isNear ? `did you mean ${nearest}? ` : '';
  return `${start}; ${hint}Allowed here: ${alternatives(known)}`;
}

function readLeaves<T extends object>(
  node: ConfigNode,
  section: SectionClass<T>,
  keys: ReadonlyMap<string, KeyKind>,
  nodes: ReadonlyMap<string, ConfigNode>,
): Partial<T> {
  const instance = new section();
  const invalid = new Set<string>();
  for (const [name, kind] of keys) {
    const child = nodes.get(name);
    if (child === undefined || (kind !== 'string' && kind !== 'scalar')) continue;
    const value = kind === 'string' ? child.string() : child.scalar();
    if (value === null) invalid.add(name);
    else Object.assign(instance, { [name]: value });
  }
  // class-validator rejects a class that has no rule at all.
  const hasRules = [...keys.values()].some((kind) => kind === 'string' || kind === 'scalar');
  const errors = hasRules ? validateSync(instance, { stopAtFirstError: true }) : [];
  for (const { property, constraints } of errors) {
    if (invalid.has(property)) continue;
    invalid.add(property);
    const message = Object.values(constraints ?? {})[0] ?? 'is not valid';
    const child = nodes.get(property);
    if (child === undefined) node.faultForMissing(property, message);
    else child.fault(message);
  }
  return Object.fromEntries(
    Object.entries(instance).filter(([name]) => !invalid.has(name)),
  ) as Partial<T>;
}
