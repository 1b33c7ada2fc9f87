import { describe, expect, it } from 'vitest';
import { aListener, aRunner } from './testing/written-handler.js';

describe('the output of a handler', { timeout: 30_000 }, () => {
  it('is sent line by line, however it is printed, and a line stays a line', async () => {
    const { said, say } = aListener();
    const runner = aRunner(`
      export const decide = (_, { log, deploy }) => {
        log.info('left:', 3, { a: [1] });
        log.warn('one\\ntwo\\r\\n\\nthree');
        log.error('red \\u001b[31m and \\u0000 and \\u2028 end');
        console.log('by console %d', 1);
        console.error('to stderr');
        process.stdout.write('raw\\n');
        return deploy();
      };
    `);
    await runner.call('decide', {}, 10_000, say);
    expect(said).toEqual([
      'info left: 3 { a: [ 1 ] }',
      'warn one',
      'warn two',
      'warn three',
      'error red  [31m and   and   end',
      'info by console 1',
      'warn to stderr',
      'info raw',
    ]);
  });

  it('is limited for each call', async () => {
    const { said, say } = aListener();
    const runner = aRunner(`
      export const decide = (_, api) => {
        for (let i = 0; i < 100_000; i++) api.log.info('x'.repeat(5000));
        return api.deploy();
      };
    `);
    await runner.call('decide', {}, 10_000, say);
    expect(said).toHaveLength(101);
    expect(said[0]).toHaveLength('info '.length + 2_000);
    expect(said.at(-1)).toBe('warn more than 100 lines; the rest is omitted');
    await runner.call('decide', {}, 10_000, say);
    expect(said).toHaveLength(202);
  });

  it('warns of exports that are never called', async () => {
    const { said, say } = aListener();
    await aRunner('export const decide = () => {};\nexport const beforeRolout = 1;').load(say);
    expect(said).toEqual([
      'warn exports beforeRolout, which is none of onPush, decide, beforeRollout, afterRollout and is never called',
    ]);
  });
});
