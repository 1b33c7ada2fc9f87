import { describe, expect, it } from 'vitest';
import { WakeUp } from './wake-up.js';

const LONG_MS = 60_000;

describe('a wait', () => {
  it('lasts its time', async () => {
    const begin = performance.now();
    expect(await new WakeUp(new AbortController().signal).wait(30)).toBe(false);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(29);
  });

  it('ends early when it is poked', async () => {
    const wakeUp = new WakeUp(new AbortController().signal);
    const waiting = wakeUp.wait(LONG_MS);
    wakeUp.poke();
    expect(await waiting).toBe(true);
  });

  it('ends at once where it was poked before it began: no reason to look is lost', async () => {
    const wakeUp = new WakeUp(new AbortController().signal);
    wakeUp.poke();
    wakeUp.poke();
    expect(await wakeUp.wait(LONG_MS)).toBe(true);
    expect(await wakeUp.wait(0)).toBe(false);
  });

  it('can be poked again and again', async () => {
    const wakeUp = new WakeUp(new AbortController().signal);
    for (let count = 0; count < 3; count++) {
      const waiting = wakeUp.wait(LONG_MS);
      wakeUp.poke();
      expect(await waiting).toBe(true);
    }
  });

  it('throws the reason of an abort, before and during it, also where it was poked', async () => {
    const abort = new AbortController();
    const wakeUp = new WakeUp(abort.signal);
    const waiting = wakeUp.wait(LONG_MS);
    abort.abort(new Error('the server stops'));
    await expect(waiting).rejects.toThrow('the server stops');
    await expect(wakeUp.wait(0)).rejects.toThrow('the server stops');
    wakeUp.poke();
    await expect(wakeUp.wait(0)).rejects.toThrow('the server stops');
  });
});
