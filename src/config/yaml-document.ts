import {
  Composer,
  isAlias,
  isScalar,
  LineCounter,
  Parser,
  visit,
  type Alias,
  type CST,
  type Document,
  type ErrorCode,
  type Node,
  type ParsedNode,
} from 'yaml';
import { WHOLE_FILE, type FaultList } from './fault.js';
import { lineStarts } from './lines.js';

/** The file after parsing: its tree, where things stand in it, and what its aliases mean. */
export interface YamlDocument {
  readonly root: Node;
  readonly faults: FaultList;
  positionOf(offset: number): { line: number; column: number };
  /** The node that an alias stands for. */
  anchored(alias: Alias): Node | undefined;
}

/**
 * The composer of `yaml` recurses; beyond some thousand levels it can take the process down. Ours need
 * less than ten.
 */
const DEEPEST = 64;

/**
 * Parses YAML 1.2. Null after faults were added: syntax errors, several documents, custom tags, aliases
 * of nothing, nesting beyond all reason, or nothing at all in the file.
 */
export function parseYaml(text: string, faults: FaultList): YamlDocument | null {
  const lineCounter = linesOf(text);
  const positionOf = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const tokens = [...new Parser().parse(text)];
  const tooDeep = firstBeyond(tokens, DEEPEST);
  if (tooDeep !== null) {
    faults.add(positionOf(tooDeep), WHOLE_FILE, 'this is nested too deeply for a configuration');
    return null;
  }
  const documents = [...compose(tokens, text.length)];
  const document = documents[0];
  if (!hasSoundSyntax(documents, positionOf, faults) || document === undefined) return null;
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) {
    const message = 'the file is empty; write {} for a server that deploys nothing yet';
    faults.addWhole(WHOLE_FILE, message);
    return null;
  }
  const anchors = resolveAliases(document, positionOf, faults);
  if (anchors === null) return null;
  return { root, faults, positionOf, anchored: (alias) => anchors.get(alias) };
}

/** Counted by ourselves: the parser tells no beginning of a line that it reads as the rest of a broken key. */
function linesOf(text: string): LineCounter {
  const counter = new LineCounter();
  for (const start of lineStarts(text)) counter.addNewLine(start);
  return counter;
}

function compose(tokens: CST.Token[], length: number): Iterable<Document.Parsed> {
  // Duplicate keys are found by the walk, which knows their paths.
  const composer = new Composer<ParsedNode>({ version: '1.2', merge: false, uniqueKeys: false });
  return composer.compose(tokens, true, length);
}

function hasSoundSyntax(
  documents: readonly Document.Parsed[],
  positionOf: YamlDocument['positionOf'],
  faults: FaultList,
): boolean {
  const seen = new Set<string>();
  const add = (offset: number, message: string): void => {
    const at = positionOf(offset);
    const line = String(at.line);
    // One slip makes the parser stumble several times in the same line: the first says where.
    if (seen.has(line)) return;
    seen.add(line);
    faults.add(at, WHOLE_FILE, message);
  };
  for (const { errors, warnings } of documents) {
    for (const error of [...errors, ...warnings]) add(error.pos[0], SYNTAX_FAULTS[error.code]);
  }
  const second = documents[1];
  if (second !== undefined) add(second.range[0], SYNTAX_FAULTS.MULTIPLE_DOCS);
  return seen.size === 0;
}

/** Which node each alias means (the last anchor of that name before it); null where one means none. */
function resolveAliases(
  document: Document.Parsed,
  positionOf: YamlDocument['positionOf'],
  faults: FaultList,
): Map<Alias, Node> | null {
  const anchors = new Map<string, Node>();
  const resolved = new Map<Alias, Node>();
  const unresolved: Alias[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
        return;
      }
      const target = anchors.get(node.source);
      if (target !== undefined) {
        resolved.set(node, target);
        return;
      }
      unresolved.push(node);
      const message =
        'this alias (*) names no anchor (&) before it; quote a text that begins with *';
      faults.add(positionOf(node.range?.[0] ?? 0), WHOLE_FILE, message);
    },
  });
  return unresolved.length === 0 ? resolved : null;
}

/** The offset of the first token that is nested deeper than `limit`, or null. Does not recurse. */
function firstBeyond(tokens: readonly CST.Token[], limit: number): number | null {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > limit) return token.offset;
    for (const child of childrenOf(token)) open.push({ token: child, depth: depth + 1 });
  }
  return null;
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap((item: CST.CollectionItem) =>
    [item.key, item.value].filter((child) => child !== undefined && child !== null),
  );
}

const QUOTE_HINT = 'quote texts that hold any of { } [ ] , & * # | > @ % or ": "';

/** What to say for each error of the parser. Its own messages may quote the file, and so a secret. */
const SYNTAX_FAULTS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*) can have neither anchor nor tag; remove them',
  BAD_ALIAS: `an alias (*) or anchor (&) has no sound name; ${QUOTE_HINT}`,
  BAD_COLLECTION_TYPE: 'the tag does not fit the value; remove the tag',
  BAD_DIRECTIVE: 'a line that begins with % is a directive, and this one is unknown; remove it',
  BAD_DQ_ESCAPE:
    'there is no such escape in a double-quoted text; use single quotes, or \\\\ for a backslash',
  BAD_INDENT: 'the indentation does not fit; or a bracket or quote before it is not closed',
  BAD_PROP_ORDER: 'an anchor or tag must stand before its value',
  BAD_SCALAR_START: 'a text cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: `a second "key: value" stands in one line; break the line, or ${QUOTE_HINT}`,
  BLOCK_IN_FLOW: 'inside { } and [ ] only { } and [ ] may be nested, not indented blocks',
  DUPLICATE_KEY: 'this key stands twice in one map; keep one of them',
  IMPOSSIBLE: 'this cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'something is missing before this: a closing quote or bracket, a comma or a blank',
  MULTILINE_IMPLICIT_KEY:
    'a key must stand on one line and be followed by ": "; is a colon missing?',
  MULTIPLE_ANCHORS: 'a value can have only one anchor',
  MULTIPLE_DOCS: 'a second document begins here; the configuration is one document: remove the ---',
  MULTIPLE_TAGS: 'a value can have only one tag',
  NON_STRING_KEY: 'a key must be a text',
  RESOURCE_EXHAUSTION: 'this is nested too deeply for a configuration',
  TAB_AS_INDENT: 'YAML is indented by blanks, never by tabs; replace the tab',
  TAG_RESOLVE_FAILED:
    'this tag (!) is unknown or does not fit the value; remove it, or quote the text',
  UNEXPECTED_TOKEN: `this was not expected here; ${QUOTE_HINT}`,
};
