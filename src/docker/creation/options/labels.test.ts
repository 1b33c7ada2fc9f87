import { describe, expect, it } from 'vitest';
import { labelsOf } from './labels.js';

const NOTHING = { container: {}, image: {}, control: {}, newImageId: null };

describe('labels', () => {
  it('sends the user’s, and leaves the old image’s to the new image', () => {
    const container = { owner: 'anna', vendor: 'acme', version: '1', pinned: 'b' };
    const image = { vendor: 'acme', version: '1', pinned: 'a' };
    expect(labelsOf({ ...NOTHING, container, image })).toEqual({ owner: 'anna', pinned: 'b' });
  });

  it('keeps compose’s even if the image has the same', () => {
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };
    expect(labelsOf({ ...NOTHING, container: labels, image: labels })).toEqual(labels);
  });

  it('names the new image for compose only if compose created the container', () => {
    const container = { 'com.docker.compose.image': 'sha256:old' };
    expect(labelsOf({ ...NOTHING, container, newImageId: 'sha256:new' })).toEqual({
      'com.docker.compose.image': 'sha256:new',
    });
    expect(labelsOf({ ...NOTHING, container })).toEqual(container);
    expect(labelsOf({ ...NOTHING, newImageId: 'sha256:new' })).toEqual({});
  });

  it('replaces all control labels of the previous deployment', () => {
    const container = { 'deploy.deployment': 'one', 'deploy.replaces': 'x', deployed: 'by hand' };
    const control = { 'deploy.deployment': 'two' };
    expect(labelsOf({ ...NOTHING, container, control })).toEqual({
      'deploy.deployment': 'two',
      deployed: 'by hand',
    });
  });

  it('keeps a label of the user under the same prefix', () => {
    const container = { 'deploy.team': 'payments' };
    expect(labelsOf({ ...NOTHING, container })).toEqual(container);
  });

  it('sets control labels even if the old image has the same', () => {
    const control = { 'deploy.digest': 'sha256:1' };
    expect(labelsOf({ ...NOTHING, image: control, control })).toEqual(control);
  });
});

/**
 * Compose v2 recreates a container if the hash of its configuration, or the id of the image to which the local tag
 * points, differs from the container's labels.
 */
function wouldRecreate(
  labels: Readonly<Record<string, string>>,
  file: { readonly hash: string; readonly localImage: string },
): boolean {
  return (
    labels['com.docker.compose.config-hash'] !== file.hash ||
    labels['com.docker.compose.image'] !== file.localImage
  );
}

describe('compose’s next "up"', () => {
  const container = {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'web',
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': 'abc',
    'com.docker.compose.image': 'sha256:old',
  };
  const after = (newImageId: string | null): Record<string, string> =>
    labelsOf({ ...NOTHING, container, newImageId, control: { 'deploy.digest': 'x' } });

  it.each([
    ['an unchanged file', 'sha256:new', { hash: 'abc', localImage: 'sha256:new' }, false],
    ['a changed file', 'sha256:new', { hash: 'def', localImage: 'sha256:new' }, true],
    ['a tag that was pulled by hand', 'sha256:new', { hash: 'abc', localImage: 'sha256:x' }, true],
    ['an image that was not noted', null, { hash: 'abc', localImage: 'sha256:new' }, true],
  ])('with %s', (_, image, file, expected) => {
    expect(wouldRecreate(after(image), file)).toBe(expected);
  });

  it('still finds the container in its project', () => {
    const { 'com.docker.compose.image': _image, ...identity } = container;
    expect(after('sha256:new')).toMatchObject(identity);
  });
});
