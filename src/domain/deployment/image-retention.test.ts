import { describe, expect, it } from 'vitest';
import { imagesOfService, namesToRemove, type ServiceHistory } from './image-retention.js';

const REPOSITORY = 'docker.io/acme/web';
const digest = (name: string): string =>
  `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
const named = (...names: string[]): Set<string> =>
  new Set(names.map((name) => `${REPOSITORY}@${digest(name)}`));

type Past = ServiceHistory['past'][number];

/** A rollout of a version, and the version that it found running; null if unknown. */
function rollout(name: string, before: string | null, phase: Past['phase'] = 'succeeded'): Past {
  const previousDigest = before === null ? null : digest(before);
  return { image: REPOSITORY, tag: 'latest', digest: digest(name), previousDigest, phase };
}

const of = (past: readonly Past[], keepImages: number, quarantined: readonly string[] = []) =>
  imagesOfService({ past, keepImages, quarantined: quarantined.map(digest) });

describe('the images that a service needs', () => {
  const past = [rollout('v4', 'v3'), rollout('v3', 'v2'), rollout('v2', 'v1')];

  it.each([
    [0, ['v4'], ['v3', 'v2', 'v1']],
    [1, ['v4', 'v3'], ['v2', 'v1']],
    [2, ['v4', 'v3', 'v2'], ['v1']],
    [9, ['v4', 'v3', 'v2', 'v1'], []],
  ])('are the running one and the last %i replaced ones', (keepImages, kept, gone) => {
    expect(of(past, keepImages)).toEqual({ kept: named(...kept), gone: named(...gone) });
  });

  it('are all of them before the first success', () => {
    expect(of([], 0)).toEqual({ kept: new Set(), gone: new Set() });
    const failed = [rollout('v3', 'v1', 'failed'), rollout('v2', 'v1', 'rolled-back')];
    expect(of(failed, 0).gone).toEqual(new Set());
  });

  it('count a version once, by its last replacement', () => {
    const again = [
      rollout('v1', 'v3'),
      rollout('v3', 'v2'),
      rollout('v2', 'v1'),
      rollout('v1', 'v0'),
    ];
    expect(of(again, 1)).toEqual({ kept: named('v1', 'v3'), gone: named('v2', 'v0') });
  });

  it('are not affected by a repeated rollout of what runs', () => {
    const forced = [rollout('v3', 'v3'), rollout('v3', 'v3'), ...past.slice(1)];
    expect(of(forced, 1)).toEqual({ kept: named('v3', 'v2'), gone: named('v1') });
  });

  it('include those that a rollback returns to if the last ones are quarantined', () => {
    // v3 was rolled back manually.
    const rolledBack = [
      rollout('v2', 'v3'),
      rollout('v3', 'v2'),
      rollout('v2', 'v1'),
      rollout('v1', 'v0'),
    ];
    expect(of(rolledBack, 1, ['v3'])).toEqual({ kept: named('v2', 'v3', 'v1'), gone: named('v0') });
    expect(of(rolledBack, 0, ['v3']).kept).toEqual(named('v2'));
  });

  it('include those that failed since the last success, but none that failed before', () => {
    const failing = [
      rollout('v5', 'v4', 'rolled-back'),
      rollout('v4', 'v2'),
      rollout('v3', 'v2', 'failed'),
      rollout('v2', 'v1'),
    ];
    expect(of(failing, 1)).toEqual({ kept: named('v4', 'v2', 'v5'), gone: named('v1', 'v3') });
  });

  it('do not include unknown digests', () => {
    expect(of([rollout('v2', null)], 0)).toEqual({ kept: named('v2'), gone: new Set() });
  });
});

describe('the names to remove from an image', () => {
  const short = (name: string, repository = 'acme/web'): string => `${repository}@${digest(name)}`;
  const names = {
    gone: named('v1', 'v2'),
    pointed: new Set([`${REPOSITORY}:1.1@${digest('v1')}`, `${REPOSITORY}:latest@${digest('v1')}`]),
    followed: new Set([`${REPOSITORY}:latest`]),
  };
  const image = (tags: string[], digests: string[]) => ({ id: 'sha256:id', tags, digests });

  it('are its digests, as the engine shows them', () => {
    expect(namesToRemove(image([], [short('v1')]), names)).toEqual([short('v1')]);
    const both = [short('v1'), short('v2', 'docker.io/acme/web')];
    expect(namesToRemove(image([], both), names)).toEqual(both);
  });

  it('begin with the tags that a rollout pointed to it', () => {
    const pointed = image(['acme/web:1.1'], [short('v1')]);
    expect(namesToRemove(pointed, names)).toEqual(['acme/web:1.1', short('v1')]);
  });

  it.each([
    ['a tag of the user', ['acme/web:mine'], [short('v1')]],
    ['a tag of the user beside one of Deploy', ['acme/web:1.1', 'acme/web:mine'], [short('v1')]],
    ['a tag in another repository', ['acme/copy:1.1'], [short('v1')]],
    ['a tag that was pointed to another version', ['acme/web:1.1'], [short('v2')]],
    ['the tag that a service follows', ['acme/web:latest'], [short('v1')]],
    ['a version that is needed', [], [short('v3')]],
    ['a version that is needed under another digest', [], [short('v1'), short('v3')]],
    ['the same digest of another repository', [], [short('v1'), short('v1', 'acme/copy')]],
    ['no name at all', [], []],
    ['a malformed name', [], [short('v1'), 'ACME@sha256:1']],
  ])('are none of an image with %s', (_what, tags, digests) => {
    expect(namesToRemove(image(tags, digests), names)).toBeNull();
  });
});
