import { expect, it } from 'vitest';
import { definedFields, isSameList } from './defined-fields.js';

it('leaves out what is not set, and nothing that is empty, zero or false', () => {
  const set = { empty: '', zero: 0, no: false, list: [] };
  expect(definedFields({ ...set, none: null, missing: undefined })).toEqual(set);
  expect(Object.keys(definedFields({ none: null, missing: undefined }))).toEqual([]);
});

it.each([
  [null, undefined, true],
  [null, [], true],
  [null, [''], false],
  [undefined, ['a'], false],
  [['a'], null, false],
  [['a'], ['a'], true],
  [['a', 'b'], ['b', 'a'], false],
  [['a'], ['a', 'b'], false],
])('%j and %j are the same list: %s', (one, other, expected) => {
  expect(isSameList(one, other)).toBe(expected);
});
