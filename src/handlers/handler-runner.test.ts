import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HandlerRunner } from './handler-runner.js';
import { aHandler, aRunner, decide, QUIET } from './testing/written-handler.js';

describe('a handler', { timeout: 30_000 }, () => {
  it('gets its subject and answers with what it returns', async () => {
    const runner = aRunner(`
      export const decide = async ({ tag }, api) => (tag === 'v1' ? api.deploy() : api.skip(' not \\n ' + tag));
      export function onPush() {}
    `);
    expect(await decide(runner, { tag: 'v1' })).toEqual({ kind: 'deploy' });
    expect(await decide(runner, { tag: 'v2' })).toEqual({ kind: 'skip', reason: 'not v2' });
    expect(await runner.call('onPush', {}, 10_000, QUIET)).toBeNull();
    expect(await runner.call('beforeRollout', {}, 10_000, QUIET)).toBeNull();
    expect(await runner.load(QUIET)).toEqual(new Set(['onPush', 'decide']));
  });

  it('waits for seconds or until a time', async () => {
    const runner = aRunner(`
      export const decide = ({ seconds, until }, api) =>
        api.wait(seconds ? { seconds, reason: 'jobs', for: 'the queue' } : { until: new Date(until), reason: 'night' });
    `);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(await decide(runner, { until })).toEqual({
      kind: 'wait',
      for: null,
      until,
      reason: 'night',
    });
    const choice = await decide(runner, { seconds: 60 });
    expect(choice).toMatchObject({ kind: 'wait', for: 'the queue', reason: 'jobs' });
    const ahead = Date.parse(choice?.kind === 'wait' ? choice.until : '') - Date.now();
    expect(ahead).toBeGreaterThan(50_000);
    expect(ahead).toBeLessThanOrEqual(60_000);
  });

  it('runs one call at a time', async () => {
    const runner = aRunner(`
      let busy = 0;
      export const decide = async ({ n }, api) => {
        busy += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        const seen = busy;
        busy -= 1;
        return api.skip(n + ' of ' + seen);
      };
    `);
    const answers = await Promise.all([1, 2, 3].map((n) => decide(runner, { n })));
    expect(answers.map((each) => each?.kind === 'skip' && each.reason)).toEqual([
      '1 of 1',
      '2 of 1',
      '3 of 1',
    ]);
  });

  it('sees nothing of the server: no variables, no arguments, no input, no channel', async () => {
    process.env['CANARY_OF_THE_TEST'] = 'sings';
    onTestFinished(() => {
      delete process.env['CANARY_OF_THE_TEST'];
    });
    const runner = aRunner(`
      import { readFileSync } from 'node:fs';
      export const decide = (_, api) => api.skip(JSON.stringify({
        env: Object.keys(process.env), rest: process.argv.slice(2), flags: process.execArgv.length,
        input: readFileSync(0, 'utf8'), send: typeof process.send,
      }));
    `);
    const choice = await decide(runner);
    expect(JSON.parse(choice?.kind === 'skip' ? choice.reason : '')).toEqual({
      env: [],
      rest: [],
      flags: 1,
      input: '',
      send: 'undefined',
    });
  });
});

describe('the process of a handler', { timeout: 30_000 }, () => {
  const WHO = 'export const decide = (_, api) => api.skip(String(process.pid));';
  const pidOf = async (runner: HandlerRunner): Promise<number> => {
    const choice = await decide(runner);
    return Number(choice?.kind === 'skip' ? choice.reason : 0);
  };
  const isThere = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('is kept for the next call and ended when it is idle', async () => {
    const runner = aRunner(WHO, undefined, 1_000);
    const pid = await pidOf(runner);
    expect(await pidOf(runner)).toBe(pid);
    await expect.poll(() => isThere(pid), { timeout: 5_000 }).toBe(false);
    expect(await pidOf(runner)).not.toBe(pid);
  });

  it('is gone once the runner is closed; the call in progress fails and none begins', async () => {
    const runner = aRunner(`${WHO}\nexport const onPush = () => new Promise(() => {});`);
    const pid = await pidOf(runner);
    const stuck = runner.call('onPush', {}, 10_000, QUIET);
    const failure = expect(stuck).rejects.toThrow('was stopped in onPush: the server stops');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await runner.close('the server stops');
    await failure;
    expect(isThere(pid)).toBe(false);
    await expect(decide(runner)).rejects.toThrow('was not asked: the server stops');
  });

  it('completes its calls before it is retired', async () => {
    const runner = aRunner(`
      export const decide = async (_, api) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return api.deploy();
      };
    `);
    const calls = [decide(runner), decide(runner)];
    await runner.retire();
    expect(await Promise.all(calls)).toEqual([{ kind: 'deploy' }, { kind: 'deploy' }]);
  });

  it('does not keep the server alive and ends with it', () => {
    const file = aHandler(`
      import { writeFileSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      export const decide = (_, api) => {
        writeFileSync(fileURLToPath(new URL('pid', import.meta.url)), String(process.pid));
        setInterval(() => {}, 1000);
        return api.deploy();
      };
    `);
    const runner = new URL('./handler-runner.ts', import.meta.url).href;
    const program = `
      import { HandlerRunner } from '${runner}';
      const runner = new HandlerRunner(${JSON.stringify(file)}, () => Promise.reject(new Error('no')));
      console.log(JSON.stringify(await runner.call('decide', {}, 10000, () => {})));
    `;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect([status, stdout]).toEqual([0, '{"kind":"deploy"}\n']);
  });
});
