import { describe, expect, it } from 'vitest';
import { runningDigest } from './running-digest.js';
import { aContainer, anImage, IMAGE_ID } from '../testing/inspection-builders.js';

const REPOSITORY = 'docker.io/acme/web';
const ONE = `sha256:${'a'.repeat(64)}`;
const TWO = `sha256:${'b'.repeat(64)}`;
const NOTHING = { digest: null, all: [] };

function of(labels: Record<string, string>, repoDigests: string[] | null) {
  const container = aContainer({ Config: { Labels: labels } });
  const image = repoDigests === null ? null : anImage({}, { RepoDigests: repoDigests });
  return runningDigest(container, image, REPOSITORY);
}

function labelled(digest: string, more: Record<string, string> = {}) {
  return { 'deploy.digest': digest, 'deploy.image': 'acme/web:latest', ...more };
}

describe('the digest that runs', () => {
  it.each(['acme/web', 'docker.io/acme/web', 'index.docker.io/acme/web'])(
    'is the only one of the repository: %s',
    (name) => {
      const digests = [`${name}@${ONE}`, `registry.example.com/acme/web@${TWO}`];
      expect(of({}, digests)).toEqual({ digest: ONE, all: [ONE] });
    },
  );

  it('is not guessed among several', () => {
    const digests = [`acme/web@${ONE}`, `acme/web@${TWO}`];
    expect(of({}, digests)).toEqual({ digest: null, all: [ONE, TWO] });
  });

  it('is that of our label if the engine also knows the image by it', () => {
    const digests = [`acme/web@${ONE}`, `acme/web@${TWO}`];
    expect(of(labelled(TWO), digests)).toEqual({ digest: TWO, all: [ONE, TWO] });
  });

  it('counts a digest once even if the engine lists it twice', () => {
    const digests = [`acme/web@${ONE}`, `docker.io/acme/web@${ONE}`];
    expect(of({}, digests)).toEqual({ digest: ONE, all: [ONE] });
  });

  it('is that of our label if it names the image that runs', () => {
    const labels = labelled(ONE, { 'deploy.image-id': IMAGE_ID });
    expect(of(labels, null)).toEqual({ digest: ONE, all: [ONE] });
    expect(of(labels, [])).toEqual({ digest: ONE, all: [ONE] });
    expect(of(labels, [`acme/web@${TWO}`])).toEqual({ digest: ONE, all: [ONE, TWO] });
  });

  it('is not that of a label copied to another image', () => {
    const labels = labelled(ONE, { 'deploy.image-id': 'sha256:other' });
    expect(of(labels, [])).toEqual(NOTHING);
    expect(of(labels, [`acme/web@${TWO}`])).toEqual({ digest: TWO, all: [TWO] });
    expect(of(labels, [`acme/web@${TWO}`, `acme/web@sha256:${'c'.repeat(64)}`]).digest).toBe(null);
  });

  it('is not that of a label that nothing confirms', () => {
    expect(of(labelled(ONE), null)).toEqual(NOTHING);
    expect(of(labelled(ONE), [])).toEqual(NOTHING);
  });

  it('is not that of a label for another repository, or a malformed one', () => {
    const id = { 'deploy.image-id': IMAGE_ID };
    expect(of(labelled(ONE, { ...id, 'deploy.image': 'acme/other:1' }), [])).toEqual(NOTHING);
    expect(of({ ...id, 'deploy.digest': ONE }, [])).toEqual(NOTHING);
    expect(of(labelled('latest', id), [])).toEqual(NOTHING);
  });

  it('is unknown for an image without a name or with malformed entries', () => {
    expect(of({}, ['<none>@<none>', 'acme/web@sha256:short', 'acme/web'])).toEqual(NOTHING);
    expect(of({}, null)).toEqual(NOTHING);
  });
});
