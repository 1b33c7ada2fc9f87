import { expect, it } from 'vitest';
import { isImageId } from './image-id.js';

it.each([
  [`sha256:${'a'.repeat(64)}`, true],
  ['0123456789ab', true],
  ['sha256:0123456789ab', true],
  ['0123456789a', false],
  ['a'.repeat(65), false],
  ['acme/web', false],
  ['docker.io/acme/web:0123456789ab', false],
  ['', false],
])('isImageId: %s is %s', (image, expected) => {
  expect(isImageId(image)).toBe(expected);
});
