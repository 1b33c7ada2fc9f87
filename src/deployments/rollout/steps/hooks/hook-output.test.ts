import { describe, expect, it } from 'vitest';
import { HookOutput } from './hook-output.js';

async function written(lines: readonly string[], secrets: readonly string[] = []) {
  const batches: (readonly string[])[] = [];
  const output = new HookOutput(secrets, (batch) => {
    batches.push(batch);
    return Promise.resolve();
  });
  for (const line of lines) output.take(line);
  await output.end();
  return { batches, log: batches.flat(), lastLine: output.lastLine };
}

describe('the output of a hook', () => {
  it('is logged in order', async () => {
    const { log, lastLine } = await written(['one', '', 'two', ' ']);
    expect(log).toEqual(['one', '', 'two', ' ']);
    expect(lastLine).toBe('two');
  });

  it('is written in few batches, however many lines come at once', async () => {
    const { batches } = await written(Array<string>(100).fill('line'));
    expect(batches.length).toBeLessThanOrEqual(2);
  });

  it('shows no secret, even if it contains colour codes', async () => {
    const { log, lastLine } = await written(
      ['token hunter22', 'token \u001b[31mhunt\u001b[0mer22\u0007'],
      ['hunter22'],
    );
    expect(log).toEqual(['token ***', 'token ***']);
    expect(lastLine).toBe('token ***');
  });

  it('hides a secret that extends beyond the cut', async () => {
    const { log } = await written([`${'x'.repeat(995)}hunter22`], ['hunter22']);
    expect(log.join()).not.toContain('hunt');
  });

  it('is limited to its beginning, its end, and how much was left out in between', async () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => `line ${String(at + 1)}`);
    const { log } = await written([...lines, 'y'.repeat(5_000)]);
    expect(log).toHaveLength(251);
    expect(log[199]).toBe('line 200');
    expect(log[200]).toBe('… 9751 lines are left out …');
    expect(log[201]).toBe('line 9952');
    expect(log.at(-1)).toBe(`${'y'.repeat(1_000)}…`);
  });
});
