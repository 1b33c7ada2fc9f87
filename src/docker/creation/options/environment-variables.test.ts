import { describe, expect, it } from 'vitest';
import { mergedConfig } from '../../testing/engine-merge.js';
import { userEnvironment } from './environment-variables.js';

const IMAGE = ['PATH=/bin', 'MODE=production', 'LEVEL=info'];

describe('the environment variables that a user set', () => {
  it.each([
    ['none', []],
    ['a new one', ['TOKEN=x']],
    ['one of the image changed', ['MODE=test']],
    ['one pinned to the old default out of order', ['LEVEL=info']],
    ['several, one pinned to the old default', ['TOKEN=x', 'LEVEL=info']],
    ['one without "=", which takes a variable of the image away', ['MODE']],
    ['one without "=" that the image does not know', ['UNKNOWN']],
    ['one that begins like another of the image', ['MAXIMUM=1']],
    ['one set to nothing', ['MODE=']],
    ['a value with "=" in it', ['OPTIONS=a=b=c']],
    ['the same one twice', ['A=1', 'A=2']],
    ['every one of the image', ['LEVEL=info', 'PATH=/bin', 'MODE=test']],
  ])('%s', (_, user) => {
    const container = mergedConfig({ Env: user }, { Env: IMAGE }).Env ?? [];
    expect(userEnvironment(container, IMAGE)).toEqual(user);
  });

  it('attributes variables in the image’s order to the image, whichever image comes next', () => {
    expect(userEnvironment(IMAGE, IMAGE)).toEqual([]);
  });

  it('counts everything as the user’s if the image is unknown', () => {
    expect(userEnvironment(IMAGE, [])).toEqual(IMAGE);
  });

  it('compares entries if the engine did not merge the list', () => {
    const mixed = ['PATH=/bin', 'TOKEN=x', 'MODE=test'];
    expect(userEnvironment(mixed, IMAGE)).toEqual(['TOKEN=x', 'MODE=test']);
  });
});
