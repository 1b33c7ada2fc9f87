import { describe, expect, it } from 'vitest';
import { DeployError, ERROR_CODES, isVersionAtFault, messageOf, type ErrorCode } from './errors.js';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe('an error code', () => {
  it.each(CODES)('is a stable word with a retryable flag: %s', (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(new DeployError(code, 'no').retryable).toBe(ERROR_CODES[code].retryable);
  });

  it('blames the version only if the version itself was bad', () => {
    expect(CODES.filter(isVersionAtFault).sort()).toEqual([
      'exited',
      'health-timeout',
      'not-executable',
      'out-of-memory',
      'unhealthy',
    ]);
  });

  it('is not retryable if the version was at fault', () => {
    for (const code of CODES.filter(isVersionAtFault)) {
      expect([code, ERROR_CODES[code].retryable]).toEqual([code, false]);
    }
  });
});

describe('an error', () => {
  it('keeps its cause and the time to wait', () => {
    const cause = new Error('reset');
    const error = new DeployError('registry-unavailable', 'down', { cause, retryAfterMs: 7 });
    expect([error.name, error.message, error.code]).toEqual([
      'DeployError',
      'down',
      'registry-unavailable',
    ]);
    expect([error.cause, error.retryAfterMs]).toEqual([cause, 7]);
  });

  it('has neither by default', () => {
    const error = new DeployError('internal', 'down');
    expect([error.retryAfterMs, Object.hasOwn(error, 'cause')]).toEqual([null, false]);
  });

  it('has a message, whatever was thrown', () => {
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(undefined)]).toEqual([
      'a',
      'b',
      'undefined',
    ]);
  });
});
