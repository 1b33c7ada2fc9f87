import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run slowest -- REPORT [COUNT]`: the files whose tests took longest, of a report of vitest in JSON, as a table.
 * A file's seconds are the sum of those of its tests, without what it imports and prepares.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly duration?: number | null }[];
  }[];
}

const [file, count = '15'] = process.argv.slice(2);
if (file === undefined) throw new Error('name the report: npm run slowest -- REPORT [COUNT]');
const { testResults } = JSON.parse(await readFile(file, 'utf8')) as Report;
const files = testResults.map(({ name, assertionResults }) => ({
  name: relative(ROOT, name),
  tests: assertionResults.length,
  seconds: assertionResults.reduce((sum, { duration }) => sum + (duration ?? 0), 0) / 1_000,
}));
const slowest = files.toSorted((one, other) => other.seconds - one.seconds).slice(0, Number(count));
console.log('| file | tests | seconds |\n| --- | --: | --: |');
for (const { name, tests, seconds } of slowest) {
  console.log(`| ${name} | ${String(tests)} | ${seconds.toFixed(0)} |`);
}
const all = files.reduce((sum, { seconds }) => sum + seconds, 0);
console.log(`| all ${String(files.length)} files | | ${all.toFixed(0)} |`);
