import { expect, it } from 'vitest';
import { cleanPath } from './container-path.js';

it.each([
  ['/data', '/data'],
  ['/data/', '/data'],
  ['/srv//files/../data/', '/srv/data'],
  ['/', '/'],
])('%s is %s', (path, expected) => {
  expect(cleanPath(path)).toBe(expected);
});
