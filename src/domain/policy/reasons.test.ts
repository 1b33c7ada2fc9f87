import { describe, expect, it } from 'vitest';
import { alreadyRunning, tagMismatch } from './reasons.js';

describe('the reason why nothing is deployed', () => {
  it('names the digest that is running already', () => {
    expect(alreadyRunning('sha256:abc')).toBe('sha256:abc is running already');
  });

  it('shows the tag and the rule as its user wrote it', () => {
    expect(tagMismatch('next', { kind: 'exact', tag: 'latest' })).toBe(
      'the tag next does not match the rule "latest"',
    );
    expect(tagMismatch('next', { kind: 'semver', range: '^1.4' })).toBe(
      'the tag next does not match the rule {"semver":"^1.4"}',
    );
  });
});
