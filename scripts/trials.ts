import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeReliabilityPage } from './reliability-page.js';
import { RigUnavailable } from './rig-tools.js';
import { runInSandbox } from './sandbox.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = fileURLToPath(new URL('../docs/reliability', import.meta.url));
const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

/**
 * Runs vitest in the sandbox with every suite of trials at its whole length, and writes docs/reliability.md anew.
 * Returns the exit code; 1 where no sandbox can be had.
 */
export async function runTrials(vitestArguments: readonly string[]): Promise<number> {
  const environment = { DEPLOY_TRIALS: 'all', ...trialsEnvironment() };
  try {
    const command = [process.execPath, VITEST, ...vitestArguments];
    const { exitCode } = await runInSandbox(command, { environment });
    await writeReliabilityPage();
    return exitCode;
  } catch (error) {
    if (!(error instanceof RigUnavailable)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** Where trials are written down, and of which commit they are. */
export function trialsEnvironment(): Readonly<Record<string, string>> {
  return { DEPLOY_TRIALS_FOLDER: FOLDER, DEPLOY_TRIALS_COMMIT: commit() };
}

/** The commit that is tried; what trials write themselves does not count as a change. */
function commit(): string {
  const git = (...words: string[]): string =>
    execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changes = git(
    'status',
    '--porcelain',
    '--',
    '.',
    ':!docs/reliability',
    ':!docs/reliability.md',
  );
  return `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '+'}`;
}
