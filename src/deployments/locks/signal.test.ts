import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Signal } from './signal.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a signal', () => {
  it('wakes everybody who waits', async () => {
    const signal = new Signal();
    const waiting = [signal.wait(0), signal.wait(0)];
    signal.raise();
    expect(await Promise.all(waiting)).toEqual([true, true]);
  });

  it('does not wake those who wait for the next raise', async () => {
    const signal = new Signal();
    signal.raise();
    const woken = vi.fn();
    const waiting = signal.wait(signal.count).then(woken);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(woken).not.toHaveBeenCalled();
    signal.raise();
    await waiting;
    expect(woken).toHaveBeenCalledExactlyOnceWith(true);
  });

  it('is not lost if it is raised before the wait', async () => {
    const signal = new Signal();
    const since = signal.count;
    signal.raise();
    signal.raise();
    expect(await signal.wait(since)).toBe(true);
    expect(signal.count).toBe(since + 2);
  });

  it('is waited for no longer than the limit', async () => {
    const signal = new Signal();
    const waiting = signal.wait(0, { withinMs: 500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await waiting).toBe(false);
  });

  it('throws the reason of an abort, before and during the wait', async () => {
    const signal = new Signal();
    const stop = new AbortController();
    const waiting = signal.wait(0, { abort: stop.signal });
    stop.abort(new Error('the server stops'));
    await expect(waiting).rejects.toThrow('the server stops');
    signal.raise();
    await expect(signal.wait(0, { abort: stop.signal })).rejects.toThrow('the server stops');
  });

  it.each([
    [
      'a raise',
      (signal: Signal) => {
        signal.raise();
      },
    ],
    ['the limit', () => vi.advanceTimersByTime(500)],
    [
      'an abort',
      (_signal: Signal, stop: AbortController) => {
        stop.abort(new Error('stop'));
      },
    ],
  ])('leaves nothing behind after %s', async (_what, end) => {
    const signal = new Signal();
    const stop = new AbortController();
    const waiting = signal.wait(0, { abort: stop.signal, withinMs: 500 }).catch(() => undefined);
    end(signal, stop);
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('calls a listener once, unless it was revoked', () => {
    const signal = new Signal();
    const [called, revoked] = [vi.fn(), vi.fn()];
    signal.once(called);
    signal.once(revoked)();
    signal.raise();
    signal.raise();
    expect(called).toHaveBeenCalledOnce();
    expect(revoked).not.toHaveBeenCalled();
  });

  it('can be waited for again by a listener that it calls', () => {
    const signal = new Signal();
    const again = vi.fn();
    signal.once(() => signal.once(again));
    signal.raise();
    expect(again).not.toHaveBeenCalled();
    signal.raise();
    expect(again).toHaveBeenCalledOnce();
  });
});
