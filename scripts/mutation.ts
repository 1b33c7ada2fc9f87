import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordTrials } from '../test/support/trials.js';
import { writeReliabilityPage } from './reliability-page.js';
import { trialsEnvironment } from './trials.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STRYKER = fileURLToPath(
  new URL('../node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url),
);
const REPORT = fileURLToPath(new URL('../.rig/mutation.json', import.meta.url));

/** The part that is read here of a report in the schema of mutation-testing-elements. */
interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { status: string }[] }>>;
}

const NOTICED: readonly string[] = ['Killed', 'Timeout', 'RuntimeError'];

/**
 * `npm run mutation`: changes every rule by which a new container is given the old one's settings, one at a time, and
 * runs their tests. Writes the counts down for docs/reliability.md. What no test noticed is printed; the exit code is 1
 * where that is more than one change in twenty: some have no effect, such as another default for what is always there.
 */
rmSync(REPORT, { force: true });
const { status } = spawnSync(process.execPath, [STRYKER, 'run', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
if (existsSync(REPORT)) {
  const { files } = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
  const rows = Object.entries(files)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([file, { mutants }]) => {
      const noticed = mutants.filter((mutant) => NOTICED.includes(mutant.status)).length;
      return [basename(file), mutants.length, noticed] as const;
    });
  Object.assign(process.env, trialsEnvironment());
  await recordTrials('mutation', {
    title: 'Changed rules for the settings of a container',
    command: 'npm run mutation',
    columns: ['file of src/docker', 'changes', 'noticed by a test'],
    rows,
  });
  await writeReliabilityPage();
}
