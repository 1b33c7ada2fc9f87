import { describe, expect, it } from 'vitest';
import { DeployError, ERROR_CODES, isVersionAtFault, messageOf, type ErrorCode } from './errors.js';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe('an error code', () => {
  it.each(CODES)('is a stable word and says whether to try again: %s', (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(new DeployError(code, 'no').retryable).toBe(ERROR_CODES[code].retryable);
  });

  it('lays the fault on the version only where the version itself was bad', () => {
    expect(CODES.filter(isVersionAtFault).sort()).toEqual([
      'exited',
      'health-timeout',
      'not-executable',
      'out-of-memory',
      'unhealthy',
    ]);
  });

  it('is not worth the same try again where the version was at fault', () => {
    for (const code of CODES.filter(isVersionAtFault)) {
      expect([code, ERROR_CODES[code].retryable]).toEqual([code, false]);
    }
  });
});

describe('an error', () => {
  it('keeps its cause and how long to wait', () => {
    const cause = new Error('reset');
    const error = new DeployError('registry-unavailable', 'down', { cause, retryAfterMs: 7 });
    expect([error.name, error.message, error.code]).toEqual([
      'DeployError',
      'down',
      'registry-unavailable',
    ]);
    expect([error.cause, error.retryAfterMs]).toEqual([cause, 7]);
  });

  it('has neither where there is none', () => {
    const error = new DeployError('internal', 'down');
    expect([error.retryAfterMs, Object.hasOwn(error, 'cause')]).toEqual([null, false]);
  });

  it('has words, whatever was thrown', () => {
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(undefined)]).toEqual([
      'a',
      'b',
      'undefined',
    ]);
  });
});
