import { IsDefined, validateSync } from 'class-validator';
import { closest, distance } from 'fastest-levenshtein';
import type { ConfigNode } from './config-node.js';
import { alternatives, shownKey } from './shown.js';

/**
 * How the walk treats a key of a section class.
 * - `text`: a single value, taken as it is written; class-validator decorators check it.
 * - `plain`: a single text, number or true/false; class-validator decorators check it.
 * - `nested`: a map, list, union or secret that the section's reader takes apart itself.
 * - `later`: known, but of no effect yet, and therefore refused.
 */
export type KeyKind = 'text' | 'plain' | 'nested' | 'later';

type SectionClass<T extends object = object> = new () => T;

const KEYS = new Map<object, Map<string, KeyKind>>();

/** Makes a property of a section class a key of the configuration file. */
export function Key(kind: KeyKind): PropertyDecorator {
  return (prototype, name) => {
    const keys = KEYS.get(prototype) ?? new Map<string, KeyKind>();
    KEYS.set(prototype, keys.set(String(name), kind));
  };
}

/** The key must be there; `wanted` says what to write. For a `nested` key its reader asks for it. */
export function Required(wanted: string): PropertyDecorator {
  return IsDefined({ message: missing(wanted) });
}

/** The message for a key that is not there. */
export function missing(wanted: string): string {
  return `is missing; ${wanted}`;
}

/** The message for what the configuration knows and this version of Deploy does not do. */
const NOT_SUPPORTED_YET = 'is not supported yet; leave it out';

/** The keys of a section class and how each is treated, in the order of the class. */
export function keysOf(section: SectionClass): ReadonlyMap<string, KeyKind> {
  return KEYS.get(section.prototype as object) ?? new Map<string, KeyKind>();
}

/** What a map of the file holds, by its section class. */
export interface SectionReading<T> {
  /** The `text` and `plain` keys that are sound. */
  readonly leaves: Partial<T>;
  /** All known keys that are in the file, sound or not. */
  readonly places: ReadonlyMap<string, ConfigNode>;
}

/**
 * Reads one map by its section class: unknown, later and duplicate keys are faults, and so is whatever the
 * class-validator decorators of the class say. Null where there is no map; empty is as `{}`.
 */
export function readSection<T extends object>(
  place: ConfigNode,
  section: SectionClass<T>,
): SectionReading<T> | null {
  const entries = place.entries();
  if (entries === null) return null;
  const keys = keysOf(section);
  const places = new Map<string, ConfigNode>();
  for (const [name, child] of entries) {
    const kind = keys.get(name);
    if (kind === undefined) child.faultAtKey(unknownKey(name, [...keys.keys()]));
    else if (kind === 'later') child.faultAtKey(NOT_SUPPORTED_YET);
    else places.set(name, child);
  }
  return { leaves: readLeaves(place, section, keys, places), places };
}

/** `unknown key`, the known key that is nearest, and all of them. */
function unknownKey(name: string, known: readonly string[]): string {
  const start = `unknown key ${shownKey(name)}`;
  if (known.length === 0) return start;
  const nearest = closest(name.slice(0, 100), known);
  const isNear = distance(name.slice(0, 100), nearest) <= Math.max(2, nearest.length / 2);
  const hint = isNear ? `did you mean ${nearest}? ` : '';
  return `${start}; ${hint}Known here: ${alternatives(known)}`;
}

function readLeaves<T extends object>(
  place: ConfigNode,
  section: SectionClass<T>,
  keys: ReadonlyMap<string, KeyKind>,
  places: ReadonlyMap<string, ConfigNode>,
): Partial<T> {
  const instance = new section();
  const unsound = new Set<string>();
  for (const [name, kind] of keys) {
    const child = places.get(name);
    if (child === undefined || (kind !== 'text' && kind !== 'plain')) continue;
    const value = kind === 'text' ? child.text() : child.plain();
    if (value === null) unsound.add(name);
    else Object.assign(instance, { [name]: value });
  }
  // class-validator takes a class without any rule for a mistake.
  const hasRules = [...keys.values()].some((kind) => kind === 'text' || kind === 'plain');
  const errors = hasRules ? validateSync(instance, { stopAtFirstError: true }) : [];
  for (const { property, constraints } of errors) {
    if (unsound.has(property)) continue;
    unsound.add(property);
    const message = Object.values(constraints ?? {})[0] ?? 'is not right';
    const child = places.get(property);
    if (child === undefined) place.faultOfMissing(property, message);
    else child.fault(message);
  }
  return Object.fromEntries(
    Object.entries(instance).filter(([name]) => !unsound.has(name)),
  ) as Partial<T>;
}
