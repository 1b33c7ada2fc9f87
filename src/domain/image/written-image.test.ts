import { describe, expect, it } from 'vitest';
import { writtenImage } from './written-image.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('an image as it is written', () => {
  it.each([
    ['acme/web', 'acme/web', 'latest', null],
    ['acme/web:1', 'acme/web', '1', null],
    ['localhost:5000/acme/web', 'localhost:5000/acme/web', 'latest', null],
    ['localhost:5000/acme/web:1', 'localhost:5000/acme/web', '1', null],
    [`acme/web@${DIGEST}`, 'acme/web', null, DIGEST],
    [`acme/web:1@${DIGEST}`, 'acme/web', '1', DIGEST],
  ])('%s', (image, repository, tag, digest) => {
    expect(writtenImage(image)).toEqual({ repository, tag, digest });
  });

  it.each([DIGEST, 'a'.repeat(64), 'abcdef012345'])('names no repository as the id %s', (id) => {
    expect(writtenImage(id)).toBeNull();
  });
});
