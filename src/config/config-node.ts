import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { WHOLE_FILE } from './fault.js';
import { shown, shownKey } from './shown.js';
import type { YamlDocument } from './yaml-document.js';

/** Aliases may multiply a small file: no real configuration has this many values. */
const MOST_PLACES = 50_000;

/** Thrown when aliases blow the file up; caught where the walk begins. */
export class TooManyPlaces extends Error {}

/** Counts the values that a walk has seen, and ends it before a file of aliases can stall it. */
class PlaceBudget {
  #left = MOST_PLACES;

  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw new TooManyPlaces();
  }
}

/** One value of the configuration file: what stands there, where, and under which path. */
export class ConfigNode {
  private constructor(
    private readonly document: YamlDocument,
    private readonly budget: PlaceBudget,
    readonly path: string,
    /** Null where nothing is written, as after `key:`. */
    private readonly node: Node | null,
    private readonly keyOffset: number,
  ) {
    budget.spend();
  }

  static root(document: YamlDocument): ConfigNode {
    return new ConfigNode(document, new PlaceBudget(), '', document.root, 0);
  }

  /** Nothing is written here: `key:`, `key: ~` or `key: null`. */
  get isEmpty(): boolean {
    return this.node === null || (isScalar(this.node) && this.node.value === null);
  }

  get isMap(): boolean {
    return isMap(this.node);
  }

  get isList(): boolean {
    return isSeq(this.node);
  }

  /** Where the value (or, where it is empty, its key) begins in the file. */
  get offset(): number {
    return this.isEmpty ? this.keyOffset : (startOf(this.node) ?? this.keyOffset);
  }

  /** The path of a key of this map. */
  pathOf(key: string): string {
    return this.path === '' ? shownKey(key) : `${this.path}.${shownKey(key)}`;
  }

  /** The value here is wrong. */
  fault(message: string): void {
    this.add(this.offset, message);
  }

  /** The key of this value is wrong: unknown, twice or not supported. */
  faultAtKey(message: string): void {
    this.add(this.keyOffset, message);
  }

  /** A key of this map is missing; told where the map's own key stands. */
  faultOfMissing(key: string, message: string): void {
    const at = this.document.positionOf(this.keyOffset);
    this.document.faults.add(at, this.pathOf(key), message);
  }

  /** The names of this map's keys, without a word on what is wrong with them; none where it is no map. */
  keyNames(): ReadonlySet<string> {
    const names = isMap(this.node)
      ? this.node.items.map(({ key }) => textOf(this.resolved(key)))
      : [];
    return new Set(names.filter((name) => name !== null));
  }

  /** The map's values by key; a map left empty has none. Null after a fault where this is no map. */
  entries(): Map<string, ConfigNode> | null {
    const entries = new Map<string, ConfigNode>();
    if (this.isEmpty) return entries;
    if (!isMap(this.node)) {
      this.fault(`a map (key: value) belongs here, not ${this.kind()}`);
      return null;
    }
    for (const { key, value } of this.node.items) {
      const keyNode = this.resolved(key);
      const offset = startOf(key) ?? startOf(value) ?? this.keyOffset;
      const name = textOf(keyNode);
      const valueNode = this.resolved(value);
      const path = name === null ? this.path : this.pathOf(name);
      const place = new ConfigNode(this.document, this.budget, path, valueNode, offset);
      if (name === null) place.faultAtKey('a key must be a text');
      else if (name === '<<') place.faultAtKey(NO_MERGE);
      else if (entries.has(name)) place.faultAtKey('this key stands twice in one map; keep one');
      else entries.set(name, place);
    }
    return entries;
  }

  /** The list's values in their order. Null after a fault where this is no list. */
  items(): ConfigNode[] | null {
    if (!isSeq(this.node)) {
      this.fault(`a list ([one, two]) belongs here, not ${this.kind()}`);
      return null;
    }
    return this.node.items.map((item, index) => {
      const path = `${this.path}[${String(index)}]`;
      const offset = startOf(item) ?? this.keyOffset;
      return new ConfigNode(this.document, this.budget, path, this.resolved(item), offset);
    });
  }

  /**
   * The text here, as it is written: `1.10` without quotes is the text `1.10`. Null after a fault where
   * this is empty, a map or a list; the fault shows nothing of the value.
   */
  text(): string | null {
    const text = textOf(this.node);
    if (text === null) this.fault(`a text belongs here, not ${this.kind()}`);
    return text;
  }

  /** The text, number or true/false here. Null after a fault where this is something else. */
  plain(): string | number | boolean | null {
    const value = isScalar(this.node) ? this.node.value : null;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return value;
    }
    this.fault(`a single value belongs here, not ${this.kind()}`);
    return null;
  }

  private add(offset: number, message: string): void {
    const path = this.path === '' ? WHOLE_FILE : this.path;
    this.document.faults.add(this.document.positionOf(offset), path, message);
  }

  private kind(): string {
    if (this.isMap) return 'a map';
    if (this.isList) return 'a list';
    return this.isEmpty ? 'nothing; give a value or leave the key out' : 'a single value';
  }

  private resolved(node: unknown): Node | null {
    if (isAlias(node)) return this.document.anchored(node) ?? null;
    return isMap(node) || isSeq(node) || isScalar(node) ? node : null;
  }
}

const NO_MERGE = `${shown('<<')} is not known; give the whole value by an alias, or write its keys out`;

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
