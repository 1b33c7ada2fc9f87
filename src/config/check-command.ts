import { printFault } from './fault.js';
import { loadConfiguration } from './load-configuration.js';

/** A stream that a command writes to, e.g. `process.stdout`. */
export interface Output {
  write(text: string): unknown;
}

/** The `check` command: prints `ok` and returns 0, or prints every fault on `stderr`, one per line, and returns 1. */
export function runCheck(
  path: string,
  environment: NodeJS.ProcessEnv,
  stdout: Output,
  stderr: Output,
): 0 | 1 {
  const loaded = loadConfiguration(path, environment);
  if ('faults' in loaded) {
    for (const fault of loaded.faults) stderr.write(`${printFault(fault)}\n`);
    return 1;
  }
  stdout.write('ok\n');
  return 0;
}
