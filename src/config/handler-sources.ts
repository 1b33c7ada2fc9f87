import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { messageOf } from '../domain/errors.js';
import { shown } from './shown.js';

/** Far more than reading a module takes, also on a busy machine; in milliseconds. */
const LONGEST_CHECK_MS = 10_000;

/** Looks at the files of handlers, at each of them once in a reading. */
export class HandlerSources {
  readonly #problems = new Map<string, string | null>();

  /**
   * What is wrong with the file of a handler, and what would be right; null where nothing is. Its syntax is
   * looked at by a Node.js of its own, which runs nothing of it.
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
    if (!statSync(path).isFile()) return `${shown(name)} is not a file; name the module itself`;
    accessSync(path, constants.R_OK);
  } catch (error) {
    return `the handler cannot be read: ${messageOf(error)}; relative paths count from this file's folder`;
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
  // Without an answer nothing is known: whatever is wrong is told when the handler is loaded.
  if (status !== 1) return null;
  const line = /:(\d+)$/m.exec(stderr.split('\n')[0] ?? '')?.[1];
  const message = /^\w*Error: .*$/m.exec(stderr)?.[0];
  if (message === undefined) return null;
  return `the handler ${shown(name)} is not sound JavaScript: ${message}${line === undefined ? '' : ` (line ${line})`}`;
}
