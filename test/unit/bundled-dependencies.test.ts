import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = join(ROOT, 'scripts', 'bundle-dependencies.ts');
const run = promisify(execFile);

let folder: string;
let bundled: string;
let packages: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  bundled = join(folder, 'node_modules');
  await run(process.execPath, ['--import', 'tsx', SCRIPT, bundled], { cwd: ROOT });
  packages = (await filesOf(bundled))
    .filter((file) => file.endsWith('package.json'))
    .map((file) => file.slice(bundled.length + 1, -'/package.json'.length));
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the bundled dependencies', () => {
  it('offer what the packages themselves offer', async () => {
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: object;
    };
    const native = '@photostructure/sqlite';
    expect([...packages].sort()).toEqual(
      Object.keys(dependencies).filter((name) => name !== native),
    );
    for (const name of packages) {
      const file = pathToFileURL(join(bundled, name, 'index.js')).href;
      expect(await offeredBy(file), name).toEqual(await offeredBy(name));
    }
  }, 60_000);

  it('are few files, without what dockerode has for BuildKit and SSH', async () => {
    const sources = (await filesOf(bundled)).filter((file) => file.endsWith('.js'));
    expect(sources.length).toBeLessThan(60);
    const origins = new Set<string>();
    for (const source of sources) {
      const text = await readFile(source, 'utf8');
      // The bundler names the file that each part comes from.
      for (const [, origin = ''] of text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm)) {
        origins.add(origin);
      }
    }
    expect([...origins]).toEqual(expect.arrayContaining(['dockerode', 'docker-modem', 'kysely']));
    for (const unused of ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'ssh2']) {
      expect([...origins]).not.toContain(unused);
    }
  });

  it('are imported by their names alone: the bundle has no parts of packages', async () => {
    const sources = (await filesOf(join(ROOT, 'src'))).filter((file) => !file.endsWith('.test.ts'));
    for (const source of sources) {
      const text = await readFile(source, 'utf8');
      for (const [, specifier = ''] of text.matchAll(/(?:from |import\(|import )'([^']+)'/g)) {
        const isPart = packages.some((name) => specifier.startsWith(`${name}/`));
        expect(isPart, `${specifier} in ${source}`).toBe(false);
      }
    }
  });
});

async function offeredBy(specifier: string): Promise<readonly string[]> {
  const names = Object.keys((await import(specifier)) as object);
  // A name that Node.js itself adds for CommonJS from version 23 on.
  return names.filter((name) => name !== 'module.exports').sort();
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
