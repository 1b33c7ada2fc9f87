import { describe, expect, it } from 'vitest';
import { ContainerClaims } from './container-claims.js';

describe('container claims', () => {
  it('belong to one deployment at a time, on each engine', () => {
    const claims = new ContainerClaims();
    expect(claims.take('one', 'local', ['web'])).toBe('taken');
    expect(claims.take('two', 'local', ['web'])).toBe('held');
    expect(claims.take('two', 'remote', ['web'])).toBe('taken');
    expect(claims.take('one', 'local', ['web', 'worker'])).toBe('taken');
    expect(claims.take('two', 'local', ['worker'])).toBe('held');
  });

  it('are taken all or none', () => {
    const claims = new ContainerClaims();
    claims.take('one', 'local', ['web']);
    expect(claims.take('two', 'local', ['worker', 'web'])).toBe('held');
    expect(claims.take('three', 'local', ['worker'])).toBe('taken');
  });

  it('report a container that was released since a turn', () => {
    const claims = new ContainerClaims();
    claims.take('one', 'local', ['web']);
    const since = claims.turn;
    claims.take('two', 'local', ['worker']);
    claims.release('two');
    expect(claims.take('one', 'local', ['web', 'worker'], since)).toBe('changed');
    expect(claims.take('one', 'local', ['web', 'db'], since)).toBe('taken');
    expect(claims.take('one', 'local', ['web', 'worker'], claims.turn)).toBe('taken');
  });

  it('are waited for until something is released', async () => {
    const claims = new ContainerClaims();
    claims.take('one', 'local', ['web']);
    const signal = new AbortController().signal;
    const waiting = claims.givenBack(signal);
    claims.release('one');
    await waiting;
    expect(claims.take('two', 'local', ['web'])).toBe('taken');
  });

  it('are waited for until the signal aborts', async () => {
    const claims = new ContainerClaims();
    const stop = new AbortController();
    const waiting = claims.givenBack(stop.signal);
    stop.abort(new Error('the server stops'));
    await expect(waiting).rejects.toThrow('the server stops');
  });
});
