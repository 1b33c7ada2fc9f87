import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HandlerFile } from '../../domain/settings/environment.js';
import type { FetchForHandler } from '../handler-process.js';
import { HandlerRunner } from '../handler-runner.js';
import type { Choice, Level } from '../protocol.js';

/** A handler in a folder of its own, which is removed at the end of the test. */
export function aHandler(text: string): HandlerFile {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-handler-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, 'web.mjs');
  writeFileSync(path, text);
  return { name: './handlers/web.mjs', path };
}

/** Collects the output of a handler, each line after its level. */
export function aListener(): {
  readonly said: string[];
  readonly say: (level: Level, text: string) => void;
} {
  const said: string[] = [];
  return {
    said,
    say: (level, text) => {
      said.push(`${level} ${text}`);
    },
  };
}

/** Ignores the output. */
export const QUIET = (): void => undefined;

const NO_REQUESTS: FetchForHandler = () => Promise.reject(new Error('no server is there'));

/** Runs a handler with this source until the end of the test. */
export function aRunner(text: string, fetch = NO_REQUESTS, idleMs?: number): HandlerRunner {
  const runner = new HandlerRunner(aHandler(text), fetch, idleMs);
  onTestFinished(() => runner.close('the test is over'));
  return runner;
}

/** Calls `decide` with a generous deadline. */
export function decide(runner: HandlerRunner, subject: object = {}): Promise<Choice | null> {
  return runner.call('decide', subject, 10_000, QUIET);
}
