import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
  readonly files: Readonly<Record<string, { readonly mutants: readonly { status: Status }[] }>>;
}
type Status = 'Killed' | 'Timeout' | 'RuntimeError' | 'Survived' | 'NoCoverage' | 'Ignored';

const FOUND: readonly Status[] = ['Killed', 'Timeout', 'RuntimeError'];

/**
 * `npm run mutation`: changes every rule by which a new container is given the old one's settings, one at a time, and
 * runs their tests. Writes the counts down for docs/reliability.md. The exit code is 1 where no test noticed a change.
 */
const { status } = spawnSync(process.execPath, [STRYKER, 'run', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (status === 0) {
  const { files } = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
  const rows = Object.entries(files)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([file, { mutants }]) => {
      const count = (...which: readonly Status[]): number =>
        mutants.filter((mutant) => which.includes(mutant.status)).length;
      const unnoticed = count('Survived', 'NoCoverage');
      return [
        basename(file),
        mutants.length,
        count(...FOUND),
        count('Ignored'),
        unnoticed,
      ] as const;
    });
  Object.assign(process.env, trialsEnvironment());
  await recordTrials('mutation', {
    title: 'Changed rules for the settings of a container',
    command: 'npm run mutation',
    columns: ['file of src/docker/options', 'changes', 'noticed', 'of no effect', 'unnoticed'],
    rows,
  });
  await writeReliabilityPage();
  process.exitCode = rows.every(([, , , , unnoticed]) => unnoticed === 0) ? 0 : 1;
} else {
  process.exitCode = status ?? 1;
}
