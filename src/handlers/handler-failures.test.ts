import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HandlerFunction } from './protocol.js';
import { aRunner, decide, QUIET } from './testing/written-handler.js';

/** The message with which a call fails. */
async function failureOf(
  text: string,
  { hook = 'decide', deadlineMs = 10_000 }: { hook?: HandlerFunction; deadlineMs?: number } = {},
): Promise<string> {
  const call = aRunner(text).call(hook, {}, deadlineMs, QUIET);
  const error: unknown = await call.then(
    (choice) => choice,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'HandlerFailure', code: 'handler-failed' });
  return (error as Error).message;
}

describe('a handler that fails', { timeout: 30_000 }, () => {
  it.each([
    [
      'throws',
      'export function decide() {\n  null.x;\n}',
      /^the handler \.\/handlers\/web\.mjs threw in decide: Cannot read properties of null .*\(web\.mjs:2:8\)$/,
    ],
    [
      'throws what is no error',
      "export const decide = () => { throw 'a text'; };",
      /threw in decide: threw 'a text'$/,
    ],
    [
      'throws in a timer',
      "export const decide = () => new Promise(() => setTimeout(() => {\n throw new Error('late') }, 1));",
      /broke in decide: late \(web\.mjs:2:8\)$/,
    ],
    [
      'rejects where nobody waits',
      "export const decide = () => { Promise.reject(new Error('lost')); return new Promise(() => {}); };",
      /broke in decide: lost/,
    ],
    [
      'ends its process',
      'export const decide = () => process.exit(0);',
      /ended its process in decide: exit code 0$/,
    ],
    [
      'kills its process',
      "export const decide = () => process.kill(process.pid, 'SIGKILL');",
      /ended its process in decide: SIGKILL$/,
    ],
    [
      'cannot be read',
      'export const decide = () => {',
      /threw while it was loaded: Unexpected end of input/,
    ],
    [
      'imports what is not there',
      "import './gone.mjs';\nexport const decide = () => {};",
      /threw while it was loaded: Cannot find module/,
    ],
    [
      'breaks while it is loaded',
      "\nthrow new Error('at once');",
      /threw while it was loaded: at once \(web\.mjs:2:7\)$/,
    ],
    [
      'exports nothing of use',
      'export default { decide() {} };',
      /exports none of onPush, decide, beforeRollout, afterRollout$/,
    ],
    [
      'returns nothing',
      'export const decide = () => {};',
      /is wrong in decide: it returned nothing; return api\.deploy\(…\) or api\.wait\(…\) or api\.skip\(…\)$/,
    ],
    [
      'forgets to return',
      "export const decide = (_, api) => { api.skip('no'); };",
      /it called api\.skip\(…\) and did not return what it made/,
    ],
    [
      'returns something else',
      "export const decide = () => ({ kind: 'deploy' });",
      /it returned \{ kind: 'deploy' \}; return api\.deploy/,
    ],
    [
      'gives no reason',
      'export const decide = (_, api) => api.skip();',
      /threw in decide: api\.skip\(reason\): the reason must be a non-empty string.*\(web\.mjs:1:39\)$/,
    ],
    [
      'waits for ever',
      "export const decide = (_, api) => api.wait({ seconds: Infinity, reason: 'x' });",
      /seconds must be a number above 0 and at most 30 days/,
    ],
  ])('%s', async (_what, text, said) => {
    expect(await failureOf(text)).toMatch(said);
  });

  it('must not wait where only yes or no is allowed', async () => {
    const text = "export const onPush = (_, api) => api.wait({ seconds: 1, reason: 'x' });";
    expect(await failureOf(text, { hook: 'onPush' })).toMatch(
      /it returned api\.wait\(…\), which is not allowed there; return api\.deploy\(…\) or api\.skip\(…\)$/,
    );
  });

  it.each([
    ['for ever in a loop', 'export const decide = () => { for (;;); };'],
    ['for a promise that nobody keeps', 'export const decide = () => new Promise(() => {});'],
  ])('is stopped at the deadline: %s', async (_what, text) => {
    const before = performance.now();
    expect(await failureOf(text, { deadlineMs: 300 })).toMatch(
      /was stopped in decide: it did not end within 0\.3 s$/,
    );
    expect(performance.now() - before).toBeLessThan(8_000);
  });

  it.each([
    ['a list that grows', 'const all = []; for (;;) all.push(new Array(1000).fill(0));'],
    ['a map that grows', 'const all = new Map(); for (let i = 0; ; i++) all.set(i, i);'],
    ['one huge list', 'new Array(100_000_000).fill({});'],
    ['buffers', 'const all = []; for (;;) all.push(Buffer.alloc(1_000_000, 1));'],
  ])('is killed when it exceeds its memory limit: %s', async (_what, body) => {
    const text = `export function decide() { ${body} }`;
    expect(await failureOf(text, { deadlineMs: 20_000 })).toMatch(
      /ran out of memory in decide: it may use 64 MB of heap/,
    );
  });

  it('is started again at the next call', async () => {
    const runner = aRunner(`
      export const decide = ({ how }, api) => how === 'exit' ? process.exit(3) : api.deploy();
    `);
    expect(await decide(runner)).toEqual({ kind: 'deploy' });
    await expect(decide(runner, { how: 'exit' })).rejects.toThrow('exit code 3');
    expect(await decide(runner)).toEqual({ kind: 'deploy' });
  });

  it('is read again if it could not be loaded', async () => {
    const runner = aRunner('export const decide = ');
    await expect(decide(runner)).rejects.toThrow('while it was loaded');
    writeFileSync(runner.file.path, 'export const decide = (_, api) => api.deploy();');
    expect(await decide(runner)).toEqual({ kind: 'deploy' });
  });

  it('does not affect the calls that wait behind it', async () => {
    const runner = aRunner(`
      export const decide = ({ loop }, api) => { while (loop); return api.deploy(); };
    `);
    const stuck = runner.call('decide', { loop: true }, 300, QUIET);
    const next = decide(runner);
    await expect(stuck).rejects.toThrow('was stopped');
    expect(await next).toEqual({ kind: 'deploy' });
  });
});
