import { describe, expect, it } from 'vitest';
import { aDeployment } from '../../domain/testing/builders.js';
import { lastGood } from './rollback-target.js';

/** A deployment that succeeded: what it brought, and what ran before it. */
const brought = (digest: string, previousDigest: string | null, tag = `tag-${digest}`) =>
  aDeployment({ phase: 'succeeded', digest, previousDigest, tag });

describe('the last good version', () => {
  const history = [brought('c', 'b'), brought('b', 'a'), brought('a', null)];

  it('is the one before the one that runs', () => {
    expect(lastGood(history, ['c'], [])?.digest).toBe('b');
    expect(lastGood(history, ['b'], [])?.digest).toBe('c');
  });

  it('is none that is quarantined', () => {
    expect(lastGood(history, ['c'], ['b'])?.digest).toBe('a');
  });

  it('may be what ran before the first deployment', () => {
    expect(lastGood([brought('b', 'a')], ['b'], [])).toEqual({ digest: 'a', tag: 'tag-b' });
  });

  it('is none of the digests by which the running image is known', () => {
    expect(lastGood(history, ['c', 'b'], [])?.digest).toBe('a');
  });

  it('does not exist where nothing else ever ran', () => {
    expect(lastGood([], ['a'], [])).toBeNull();
    expect(lastGood([brought('a', null)], ['a'], [])).toBeNull();
    expect(lastGood(history, ['c'], ['a', 'b'])).toBeNull();
  });
});
