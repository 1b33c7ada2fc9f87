import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const IMPORT = /(?:from|import\s*\(|import)\s*['"](\.[^'"]+)['"]/g;

/** What each file of src imports of src, by absolute path; read once. */
let imports = null;

function importsOf(root) {
  if (imports !== null) return imports;
  const files = readdirSync(root, { recursive: true })
    .filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => resolve(root, file));
  imports = new Map(
    files.map((file) => {
      const found = [...readFileSync(file, 'utf8').matchAll(IMPORT)];
      return [file, found.map((match) => fileOf(file, match[1]))];
    }),
  );
  return imports;
}

function fileOf(from, specifier) {
  const path = resolve(dirname(from), specifier);
  return path.endsWith('.js') && !path.includes('/worker/') ? `${path.slice(0, -3)}.ts` : path;
}

/** The way from one file to another along imports; null if there is none. */
function wayBetween(graph, from, to) {
  const before = new Map([[from, null]]);
  const queue = [from];
  for (const file of queue) {
    if (file === to) {
      const way = [];
      for (let at = file; at !== null; at = before.get(at)) way.unshift(at);
      return way;
    }
    for (const next of graph.get(file) ?? []) {
      if (before.has(next)) continue;
      before.set(next, file);
      queue.push(next);
    }
  }
  return null;
}

/** @type {import('eslint').Rule.RuleModule} */
export const importCycles = {
  meta: {
    type: 'problem',
    docs: { description: 'forbids files of src to import each other in a circle, types included' },
    messages: { cycle: 'imports in a circle: {{way}}' },
    schema: [],
  },
  create(context) {
    const root = resolve(context.cwd, 'src');
    const self = resolve(context.filename);
    if (relative(root, self).startsWith('..')) return {};
    const check = (node) => {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
      const way = wayBetween(importsOf(root), fileOf(self, specifier), self);
      if (way === null) return;
      const names = [self, ...way].map((file) => relative(root, file));
      context.report({ node, messageId: 'cycle', data: { way: names.join(' → ') } });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};
