import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SETTINGS = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.types.json',
  'nest-cli.json',
  'scripts/bundle-dependencies.ts',
];

/**
 * Builds `dist/` as it is shipped, when it is missing or older than anything it is made from.
 * `DEPLOY_TEST_BUILD=skip` takes the `dist/` that is there: for quick runs, and for what tests start.
 * @throws Error with the compiler's output
 */
export async function buildIfNeeded(say: (line: string) => void): Promise<void> {
  if (process.env['DEPLOY_TEST_BUILD'] === 'skip') return;
  // What a build writes last; `nest build` alone takes it away.
  const built = await modifiedAt(join(ROOT, 'dist', 'node_modules')).catch(() => 0);
  if (built > (await newestSource())) return;
  say('Building Deploy (npm run build).');
  try {
    await run('npm', ['run', 'build'], { cwd: ROOT });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The build failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Folders count too: removing a file changes only its folder. */
async function newestSource(): Promise<number> {
  const sources = await readdir(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  const times = await Promise.all([
    ...SETTINGS.map((name) => modifiedAt(join(ROOT, name))),
    modifiedAt(join(ROOT, 'src')),
    ...sources
      .filter(({ name }) => !name.endsWith('.test.ts'))
      .map((entry) => modifiedAt(join(entry.parentPath, entry.name))),
  ]);
  return Math.max(...times);
}

async function modifiedAt(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}
