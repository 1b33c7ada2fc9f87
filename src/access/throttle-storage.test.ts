import { describe, expect, it } from 'vitest';
import { ThrottleStorage } from './throttle-storage.js';

describe('ThrottleStorage', () => {
  it('blocks beyond the limit until the window ends', async () => {
    let now = 0;
    const storage = new ThrottleStorage(10, () => now);
    const hit = async () => (await storage.increment('key', 60_000, 2)).isBlocked;
    expect([await hit(), await hit(), await hit()]).toEqual([false, false, true]);
    now = 59_000;
    expect(await storage.increment('key', 60_000, 2)).toMatchObject({
      isBlocked: true,
      timeToBlockExpire: 1,
    });
    now = 60_000;
    expect(await hit()).toBe(false);
  });

  it('counts each key separately', async () => {
    const storage = new ThrottleStorage();
    await storage.increment('one', 60_000, 1);
    expect((await storage.increment('one', 60_000, 1)).isBlocked).toBe(true);
    expect((await storage.increment('two', 60_000, 1)).isBlocked).toBe(false);
  });

  it('drops the least recently used key instead of growing', () => {
    const storage = new ThrottleStorage(3);
    for (const key of ['a', 'b', 'c']) storage.hit(key, 60_000);
    storage.peek('a');
    storage.hit('d', 60_000);
    expect(storage.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].filter((key) => storage.peek(key) !== null)).toEqual([
      'a',
      'c',
      'd',
    ]);
  });
});
