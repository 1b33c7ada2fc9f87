import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown, type Plugin } from 'rolldown';

/**
 * `tsx scripts/bundle-dependencies.ts [FOLDER]`, the second half of `npm run build`: writes the dependencies
 * of package.json as few files to `dist/node_modules`, where Node.js finds them before those of the project.
 * Deploy then starts in half the time. Without that folder the same program runs from `node_modules`. See
 * docs/decisions/0008-dependencies-in-few-files.md.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const target = resolve(process.argv[2] ?? join(ROOT, 'dist', 'node_modules'));

/** Stay in `node_modules`: a native part is found beside its own files. */
const LEFT_WHERE_THEY_ARE: ReadonlySet<string> = new Set(['@photostructure/sqlite']);
/** Loaded by dockerode for builds by BuildKit and for engines over SSH; Deploy does neither. */
const LEFT_OUT = /^(?:@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|ssh2)$/;
/** Optional parts of the frameworks, which ask for them only where they are used; not installed. */
const NOT_INSTALLED = /^@(?:nestjs\/(?:microservices|websockets)|fastify\/static)/;

const packages = (await dependencies()).filter((name) => !LEFT_WHERE_THEY_ARE.has(name));
const build = await rolldown({
  cwd: ROOT,
  input: Object.fromEntries(packages.map((name) => [name, entryOf(name)])),
  platform: 'node',
  external: NOT_INSTALLED,
  plugins: [entries(await exportsOf(packages)), leaveOut(LEFT_OUT), tables()],
});
await rm(target, { recursive: true, force: true });
await build.write({
  dir: target,
  format: 'esm',
  // Nest prints names of classes, and tells some providers apart by them.
  keepNames: true,
  entryFileNames: '[name]/index.js',
  chunkFileNames: '.shared/[name]-[hash].js',
});
await build.close();
for (const name of packages) {
  const description = { name, type: 'module', exports: './index.js' };
  await writeFile(join(target, name, 'package.json'), `${JSON.stringify(description)}\n`);
}

async function dependencies(): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, 'package.json'), 'utf8');
  return Object.keys((JSON.parse(text) as { dependencies: object }).dependencies);
}

/** What `import` of each package offers; of a CommonJS package only Node.js knows which names that are. */
async function exportsOf(names: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
  const exports = new Map<string, string[]>();
  for (const name of names) {
    const offered = Object.keys((await import(name)) as object);
    // A name that Node.js adds from version 23 on.
    exports.set(
      name,
      offered.filter((each) => each !== 'module.exports'),
    );
  }
  return exports;
}

function entryOf(name: string): string {
  return `entry:${name}`;
}

/** One entry for each package, which exports by name whatever the package offers. */
function entries(exports: ReadonlyMap<string, string[]>): Plugin {
  const sources = new Map(
    [...exports].map(([name, names]) => [
      entryOf(name),
      names.length === 0 ? `import '${name}';` : `export { ${names.join(', ')} } from '${name}';`,
    ]),
  );
  return {
    name: 'entries',
    resolveId: (id) => (sources.has(id) ? id : null),
    load: (id) => sources.get(id) ?? null,
  };
}

/** Puts an empty module in the place of packages that are loaded and never used. */
function leaveOut(packages: RegExp): Plugin {
  const EMPTY = '\0left-out';
  return {
    name: 'leave-out',
    resolveId: (id) => (packages.test(id) ? EMPTY : null),
    load: (id) => (id === EMPTY ? 'module.exports = {};' : null),
  };
}

/** Tables as text: JSON is parsed several times as fast as the same in JavaScript. */
function tables(): Plugin {
  return {
    name: 'tables',
    transform: {
      filter: { id: /\.json$/ },
      handler: (json) => ({
        code: `module.exports = JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(json)))});`,
        moduleType: 'js',
      }),
    },
  };
}
