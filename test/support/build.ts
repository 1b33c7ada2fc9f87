import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIfNeeded } from '../../scripts/build-if-needed.js';
import { rigFolder } from './rig-environment.js';
import { waitFor } from './wait-for.js';

const LONGEST_BUILD_MS = 600_000;

/** Builds `dist/` as it is shipped; `untilBuilt` tells every process of the tests when that is done. */
export async function build(): Promise<void> {
  const fault = await buildIfNeeded(console.log).then(() => '', String);
  await writeFile(`${told()}.part`, fault);
  await rename(`${told()}.part`, told());
}

/** @throws Error with the compiler's output where the build failed */
export async function untilBuilt(): Promise<void> {
  const read = (): Promise<string> => readFile(told(), 'utf8');
  const fault = await waitFor('the build', read, () => true, { within: LONGEST_BUILD_MS });
  if (fault !== '') throw new Error(fault);
}

/** Empty once the build is done; else why it could not be. */
function told(): string {
  return join(rigFolder(), 'built');
}
