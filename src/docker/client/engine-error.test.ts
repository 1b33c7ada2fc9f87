import { describe, expect, it } from 'vitest';
import { EngineError, engineError } from './engine-error.js';

/** What docker-modem throws on an unsuccessful answer. */
function answer(statusCode: number, reason: string, words: string): Error {
  const error = new Error(`(HTTP code ${String(statusCode)}) ${reason} - ${words} `);
  return Object.assign(error, { statusCode, reason });
}

describe('an error of an engine', () => {
  it("says what failed, with nothing but the engine's own message", () => {
    const cause = answer(404, 'no such container', 'No such container: web-1 - gone');
    const error = engineError('rename web', cause);
    expect(error.message).toBe('rename web: No such container: web-1 - gone');
    expect([error.statusCode, error.isUnreachable, error.cause]).toEqual([404, false, cause]);
  });

  it.each([
    ['a socket that is not there', Object.assign(new Error('connect ENOENT'), { code: 'ENOENT' })],
    ['something else', 'socket hang up'],
    ['a status that is no number', { statusCode: '404' }],
    ['nothing', null],
  ])('without an answer means that the engine is unreachable: %s', (_what, thrown) => {
    const error = engineError('look at web', thrown);
    expect([error.statusCode, error.isUnreachable]).toEqual([null, true]);
    expect(error.message).toMatch(/^look at web: /);
  });

  it('is wrapped once', () => {
    const error = new EngineError('stop web: no', 500);
    expect(engineError('stop web again', error)).toBe(error);
  });
});
