import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { messageOf } from '../domain/errors.js';
import { shown } from './shown.js';

/** Far longer than a syntax check takes even on a busy machine, in milliseconds. */
const LONGEST_CHECK_MS = 10_000;

/** Checks handler files, each of them once per reading of the configuration. */
export class HandlerSources {
  readonly #problems = new Map<string, string | null>();

  /**
   * What is wrong with a handler's file and what would be right; null if it is valid. A separate Node.js process
   * checks the syntax without running the code.
   */
  problemOf(name: string, path: string): string | null {
    const known = this.#problems.get(path);
    if (known !== undefined) return known;
    const problem = problemOf(name, path);
    this.#problems.set(path, problem);
    return problem;
  }
}

function problemOf(name: string, path: string): string | null {
  if (!path.endsWith('.mjs')) {
    return `${shown(name)} is not an ES module; its name must end in .mjs`;
  }
  try {
    if (!statSync(path).isFile())
      return `${shown(name)} is not a file; write the path of the module`;
    accessSync(path, constants.R_OK);
  } catch (error) {
    return `the handler cannot be read: ${messageOf(error)}; relative paths start at this file's folder`;
  }
  return syntaxProblem(name, path);
}

function syntaxProblem(name: string, path: string): string | null {
  const { status, stderr } = spawnSync(process.execPath, ['--check', path], {
    env: {},
    timeout: LONGEST_CHECK_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // The check itself failed, so nothing is known: loading the handler reports whatever is wrong.
  if (status !== 1) return null;
  const line = /:(\d+)$/m.exec(stderr.split('\n')[0] ?? '')?.[1];
  const message = /^\w*Error: .*$/m.exec(stderr)?.[0];
  if (message === undefined) return null;
  return `the handler ${shown(name)} is not valid JavaScript: ${message}${line === undefined ? '' : ` (line ${line})`}`;
}
