import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from './build-if-needed.js';
import { RigUnavailable } from './rig-tools.js';
import { runInSandbox } from './sandbox.js';

/**
 * `npm run bench [-- --strict] [-- --rounds N]`: measures Deploy against baselines of the same run, in the
 * sandbox of `npm test`. Exit code 0 whatever was measured; with `--strict` 1 where a bar is missed.
 */
const main = fileURLToPath(new URL('../bench/main.ts', import.meta.url));
try {
  await buildIfNeeded(console.log);
  const command = [process.execPath, '--import', 'tsx', main, ...process.argv.slice(2)];
  const { exitCode } = await runInSandbox(command, { say: console.log, onDisk: true });
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof RigUnavailable)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
