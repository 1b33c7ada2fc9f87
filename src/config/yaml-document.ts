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

/** The parsed file: its tree, positions and aliases. */
export interface YamlDocument {
  readonly root: Node;
  readonly faults: FaultList;
  positionOf(offset: number): { line: number; column: number };
  /** The node that an alias refers to. */
  anchored(alias: Alias): Node | undefined;
}

/**
 * The deepest allowed nesting. The composer of `yaml` is recursive, and some thousand levels can crash the process;
 * a configuration needs fewer than ten.
 */
const DEEPEST = 64;

/**
 * Parses YAML 1.2. Null after faults for syntax errors, several documents, custom tags, unresolved aliases,
 * too deep nesting, or an empty file.
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

/** Counts lines itself, because the parser reports no line start inside what it takes for the rest of a broken key. */
function linesOf(text: string): LineCounter {
  const counter = new LineCounter();
  for (const start of lineStarts(text)) counter.addNewLine(start);
  return counter;
}

function compose(tokens: CST.Token[], length: number): Iterable<Document.Parsed> {
  // `ConfigNode.entries` reports duplicate keys, because it knows their paths.
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
    // One mistake often causes several parser errors on the same line; only the first is useful.
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

/** The node of each alias: the last anchor of that name before it. Null after a fault if an alias has none. */
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
        'this alias (*) has no anchor (&) before it; quote a string that begins with *';
      faults.add(positionOf(node.range?.[0] ?? 0), WHOLE_FILE, message);
    },
  });
  return unresolved.length === 0 ? resolved : null;
}

/** The offset of a token nested deeper than `limit`, or null. Iterative, so that depth cannot exhaust the stack. */
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

const QUOTE_HINT = 'quote strings that contain any of { } [ ] , & * # | > @ % or ": "';

/** Our message for each parser error. The parser's own messages may quote the file, and with it a secret. */
const SYNTAX_FAULTS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*) can have neither anchor nor tag; remove them',
  BAD_ALIAS: `an alias (*) or anchor (&) has no valid name; ${QUOTE_HINT}`,
  BAD_COLLECTION_TYPE: 'the tag does not fit the value; remove the tag',
  BAD_DIRECTIVE: 'a line that begins with % is a directive, and this one is unknown; remove it',
  BAD_DQ_ESCAPE:
    'invalid escape in a double-quoted string; use single quotes, or \\\\ for a backslash',
  BAD_INDENT: 'the indentation is wrong, or a bracket or quote before it is not closed',
  BAD_PROP_ORDER: 'an anchor or tag must come before its value',
  BAD_SCALAR_START: 'a string cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: `two "key: value" pairs on one line; break the line, or ${QUOTE_HINT}`,
  BLOCK_IN_FLOW: 'inside { } and [ ], nest only { } and [ ], not indented blocks',
  DUPLICATE_KEY: 'duplicate key; keep one of them',
  IMPOSSIBLE: 'this cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters; shorten it',
  MISSING_CHAR: 'something is missing before this: a closing quote or bracket, a comma or a space',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and followed by ": "; is a colon missing?',
  MULTIPLE_ANCHORS: 'a value can have only one anchor',
  MULTIPLE_DOCS: 'a second document begins here; the file must be one document: remove the ---',
  MULTIPLE_TAGS: 'a value can have only one tag',
  NON_STRING_KEY: 'a key must be a string',
  RESOURCE_EXHAUSTION: 'this is nested too deeply for a configuration',
  TAB_AS_INDENT: 'YAML is indented with spaces, not tabs; replace the tab',
  TAG_RESOLVE_FAILED:
    'this tag (!) is unknown or does not fit the value; remove it, or quote the string',
  UNEXPECTED_TOKEN: `unexpected here; ${QUOTE_HINT}`,
};
