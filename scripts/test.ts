import { fileURLToPath } from 'node:url';
import { RigUnavailable } from './rig-tools.js';
import { runInSandbox } from './sandbox.js';

/**
 * `npm test [-- vitest's arguments]`: everything, in a sandbox with a Docker engine and a registry
 * of its own. The exit code is vitest's; 1 where no sandbox can be had: engine tests are never
 * skipped.
 */
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
try {
  const { exitCode } = await runInSandbox([
    process.execPath,
    vitest,
    'run',
    ...process.argv.slice(2),
  ]);
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof RigUnavailable)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
