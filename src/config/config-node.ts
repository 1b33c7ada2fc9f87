import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { WHOLE_FILE } from './fault.js';
import { shown, shownKey } from './shown.js';
import type { YamlDocument } from './yaml-document.js';

/** The limit on values: aliases can blow up a small file, and no real configuration has this many. */
const MOST_NODES = 50_000;

/** Thrown when aliases blow up the file; `loadConfiguration` catches it. */
export class TooManyNodes extends Error {}

/** Counts the values visited, and ends the walk before a file full of aliases can stall it. */
class NodeBudget {
  #left = MOST_NODES;

  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw new TooManyNodes();
  }
}

/** One value of the configuration file, with its position and its path. */
export class ConfigNode {
  private constructor(
    private readonly document: YamlDocument,
    private readonly budget: NodeBudget,
    readonly path: string,
    /** Null if nothing is written, as after `key:`. */
    private readonly yaml: Node | null,
    private readonly keyOffset: number,
  ) {
    budget.spend();
  }

  static root(document: YamlDocument): ConfigNode {
    return new ConfigNode(document, new NodeBudget(), '', document.root, 0);
  }

  /** True for `key:`, `key: ~` and `key: null`. */
  get isEmpty(): boolean {
    return this.yaml === null || (isScalar(this.yaml) && this.yaml.value === null);
  }

  get isMap(): boolean {
    return isMap(this.yaml);
  }

  get isList(): boolean {
    return isSeq(this.yaml);
  }

  /** The offset in the file at which the value begins, or its key if the value is empty. */
  get offset(): number {
    return this.isEmpty ? this.keyOffset : (startOf(this.yaml) ?? this.keyOffset);
  }

  /** The path of `key` in this map. */
  pathOf(key: string): string {
    return this.path === '' ? shownKey(key) : `${this.path}.${shownKey(key)}`;
  }

  /** Reports an error in this value. */
  fault(message: string): void {
    this.add(this.offset, message);
  }

  /** Reports an error in the key of this value: unknown, duplicate or not supported. */
  faultAtKey(message: string): void {
    this.add(this.keyOffset, message);
  }

  /** Reports that `key` is missing from this map, at the position of the map's own key. */
  faultForMissing(key: string, message: string): void {
    const at = this.document.positionOf(this.keyOffset);
    this.document.faults.add(at, this.pathOf(key), message);
  }

  /** The names of this map's keys, valid or not; empty if this is not a map. Reports no error. */
  keyNames(): ReadonlySet<string> {
    const names = isMap(this.yaml)
      ? this.yaml.items.map(({ key }) => textOf(this.resolved(key)))
      : [];
    return new Set(names.filter((name) => name !== null));
  }

  /** The map's values by key; an empty value counts as `{}`. Null after a fault if this is not a map. */
  entries(): Map<string, ConfigNode> | null {
    const entries = new Map<string, ConfigNode>();
    if (this.isEmpty) return entries;
    if (!isMap(this.yaml)) {
      this.fault(this.mismatch('a map (key: value)'));
      return null;
    }
    for (const { key, value } of this.yaml.items) {
      const keyNode = this.resolved(key);
      const offset = startOf(key) ?? startOf(value) ?? this.keyOffset;
      const name = textOf(keyNode);
      const valueNode = this.resolved(value);
      const path = name === null ? this.path : this.pathOf(name);
      const child = new ConfigNode(this.document, this.budget, path, valueNode, offset);
      if (name === null) child.faultAtKey('a key must be a string');
      else if (name === '<<') child.faultAtKey(NO_MERGE);
      else if (entries.has(name)) child.faultAtKey('is a duplicate key; keep one of them');
      else entries.set(name, child);
    }
    return entries;
  }

  /** The list's values in order. Null after a fault if this is not a list. */
  items(): ConfigNode[] | null {
    if (!isSeq(this.yaml)) {
      this.fault(this.mismatch('a list ([one, two])'));
      return null;
    }
    return this.yaml.items.map((item, index) => {
      const path = `${this.path}[${String(index)}]`;
      const offset = startOf(item) ?? this.keyOffset;
      return new ConfigNode(this.document, this.budget, path, this.resolved(item), offset);
    });
  }

  /**
   * The value as a string, exactly as written: `1.10` without quotes is `1.10`. Null after a fault if this
   * is empty, a map or a list; the message does not show the value.
   */
  string(): string | null {
    const text = textOf(this.yaml);
    if (text === null) this.fault(this.mismatch('a string'));
    return text;
  }

  /** The string, number or boolean. Null after a fault if this is anything else. */
  scalar(): string | number | boolean | null {
    const value = isScalar(this.yaml) ? this.yaml.value : null;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return value;
    }
    this.fault(this.mismatch('a single value'));
    return null;
  }

  private add(offset: number, message: string): void {
    const path = this.path === '' ? WHOLE_FILE : this.path;
    this.document.faults.add(this.document.positionOf(offset), path, message);
  }

  private mismatch(wanted: string): string {
    if (this.isEmpty) return `is empty; write ${wanted}, or leave the key out`;
    const kind = this.isMap ? 'a map' : this.isList ? 'a list' : 'a single value';
    return `must be ${wanted}, not ${kind}`;
  }

  private resolved(node: unknown): Node | null {
    if (isAlias(node)) return this.document.anchored(node) ?? null;
    return isMap(node) || isSeq(node) || isScalar(node) ? node : null;
  }
}

const NO_MERGE = `merge keys (${shown('<<')}) are not supported; use an alias for the whole value, or write its keys out`;

function textOf(node: Node | null): string | null {
  if (!isScalar(node)) return null;
  if (typeof node.value === 'string') return node.value;
  if (node.value === null || node.value === undefined) return null;
  return node.source ?? null;
}

function startOf(node: unknown): number | null {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)
    ? (node.range?.[0] ?? null)
    : null;
}
