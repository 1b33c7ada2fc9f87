import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GivenAnswer } from '../../../src/handlers/protocol.js';
import { HandlerRunner } from '../../../src/handlers/handler-runner.js';
import { ConfigurationFolder } from '../config/configuration-folder.js';

const PAGE = readFileSync(new URL('../../../docs/handlers.md', import.meta.url), 'utf8');

/** An example of the page, changed by `change`. */
function example(name: string, change = (text: string): string => text): string {
  const [, after = ''] = PAGE.split(`<!-- example: ${name} -->\n\n\`\`\`js\n`);
  const text = after.split('```')[0] ?? '';
  expect(text).toContain('export const decide');
  return change(text);
}

function running(text: string, answer?: GivenAnswer): HandlerRunner {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-example-'));
  const path = join(folder, 'web.mjs');
  writeFileSync(path, text);
  const asked = (): Promise<GivenAnswer> =>
    answer === undefined ? Promise.reject(new Error('offline')) : Promise.resolve(answer);
  const runner = new HandlerRunner({ name: './web.mjs', path }, asked);
  onTestFinished(async () => {
    await runner.close('the test is over');
    rmSync(folder, { recursive: true, force: true });
  });
  return runner;
}

const DEADLINE_MS = 10_000;
const quiet = (): void => undefined;

describe('docs/handlers.md', { timeout: 60_000 }, () => {
  const queue = (messages: number, status = 200): GivenAnswer => ({
    status,
    headers: {},
    body: JSON.stringify({ messages }),
  });

  it('waits until the queue is drained', async () => {
    const decide = (answer?: GivenAnswer) =>
      running(example('queue'), answer).call('decide', {}, DEADLINE_MS, quiet);
    expect(await decide(queue(0))).toEqual({ kind: 'deploy' });
    expect(await decide(queue(3))).toMatchObject({
      kind: 'wait',
      for: 'the queue',
      reason: '3 jobs are left',
    });
    await expect(decide(queue(0, 503))).rejects.toThrow('the queue answered 503');
    await expect(decide()).rejects.toThrow('offline');
  });

  it('logs which queue to check', async () => {
    const said: string[] = [];
    const result = { phase: 'failed', reason: 'unhealthy' };
    await running(example('queue')).call('afterRollout', result, DEADLINE_MS, (_level, text) => {
      said.push(text);
    });
    expect(said).toEqual([expect.stringMatching(/^check .*: unhealthy$/)]);
  });

  it('deploys at night, and a hotfix at any time', async () => {
    const hour = new Date().getUTCHours();
    const nightFrom = (from: number, to: number): HandlerRunner =>
      running(
        example('night', (text) =>
          text.replace(
            "{ from: 22, to: 6, timeZone: 'Europe/Berlin' }",
            `{ from: ${String(from % 24)}, to: ${String(to % 24)}, timeZone: 'UTC' }`,
          ),
        ),
      );
    const [night, day] = [nightFrom(hour + 23, hour + 3), nightFrom(hour + 3, hour + 23)];
    const ask = (runner: HandlerRunner, tag: string) =>
      runner.call('decide', { tag }, DEADLINE_MS, quiet);
    expect(await ask(night, 'v2')).toEqual({ kind: 'deploy' });
    expect(await ask(day, 'v2')).toMatchObject({ kind: 'wait', for: 'the night' });
    expect(await ask(day, 'v2-hotfix')).toEqual({ kind: 'deploy' });
    const push = (tag: string) => day.call('onPush', { tag }, DEADLINE_MS, quiet);
    expect(await push('v2-rc')).toEqual({ kind: 'skip', reason: 'candidates are not deployed' });
    expect(await push('v2')).toEqual({ kind: 'deploy' });
  });

  it('shows a valid configuration', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(PAGE) ?? [];
    const folder = new ConfigurationFolder()
      .write(yaml)
      .write(example('queue'), 'handlers/production.mjs')
      .write(example('night'), 'handlers/web.mjs');
    expect(folder.sound().handlers.hosts).toEqual(['127.0.0.1:15672']);
  });
});
