import { describe, expect, it, vi } from 'vitest';
import { EngineSlots } from './engine-slots.js';

async function filled(): Promise<{ slots: EngineSlots; releases: (() => void)[] }> {
  const slots = new EngineSlots();
  const releases = await Promise.all(
    Array.from({ length: slots.limit }, () => slots.take('local', vi.fn())),
  );
  return { slots, releases: releases.filter((release) => release !== null) };
}

describe('the slots of an engine', () => {
  it('are four', async () => {
    const { slots, releases } = await filled();
    expect([slots.limit, releases.length]).toEqual([4, 4]);
    expect(await slots.take('local', vi.fn())).toBeNull();
  });

  it('are counted for each engine', async () => {
    const { slots } = await filled();
    expect(await slots.take('prod', vi.fn())).not.toBeNull();
  });

  it('can be taken beyond the limit by a rollout that is under way already', async () => {
    const { slots, releases } = await filled();
    const release = slots.takeOverLimit('local');
    releases[0]?.();
    expect(await slots.take('local', vi.fn())).toBeNull();
    release();
    expect(await slots.take('local', vi.fn())).not.toBeNull();
  });

  it('notify everybody who was refused, once, when one becomes free', async () => {
    const { slots, releases } = await filled();
    const waiting = [vi.fn(), vi.fn()];
    for (const each of waiting) await slots.take('local', each);
    releases[0]?.();
    releases[1]?.();
    expect(waiting.map((each) => each.mock.calls.length)).toEqual([1, 1]);
  });

  it('are released once, no matter how often that is called', async () => {
    const { slots, releases } = await filled();
    releases[0]?.();
    releases[0]?.();
    expect(await slots.take('local', vi.fn())).not.toBeNull();
    expect(await slots.take('local', vi.fn())).toBeNull();
  });

  it('are not given out while the engine is used exclusively', async () => {
    const slots = new EngineSlots();
    let finish = (): void => undefined;
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const order: string[] = [];
    const exclusive = slots.exclusively(['local', 'same'], async () => {
      await work;
      order.push('done');
      return 'removed';
    });
    const taken = slots.take('same', vi.fn()).then((release) => {
      order.push('taken');
      return release;
    });
    expect(await slots.take('other', vi.fn())).not.toBeNull();
    expect(await slots.exclusively(['same'], vi.fn())).toBeNull();
    expect(order).toEqual([]);
    finish();
    expect(await exclusive).toBe('removed');
    expect(await taken).not.toBeNull();
    expect(order).toEqual(['done', 'taken']);
  });

  it('prevent exclusive use while one is taken', async () => {
    const slots = new EngineSlots();
    const work = vi.fn(() => Promise.resolve('done'));
    const release = slots.takeOverLimit('local');
    expect(await slots.exclusively(['other', 'local'], work)).toBeNull();
    expect(work).not.toHaveBeenCalled();
    release();
    expect(await slots.exclusively(['other', 'local'], work)).toBe('done');
    const failing = slots.exclusively(['local'], () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await slots.take('local', vi.fn())).not.toBeNull();
  });

  it('notify listeners when the last one is released', () => {
    const slots = new EngineSlots();
    const quiet = vi.fn();
    slots.onIdle(quiet);
    const releases = [
      slots.takeOverLimit('local'),
      slots.takeOverLimit('local'),
      slots.takeOverLimit('b'),
    ];
    releases[0]?.();
    releases[0]?.();
    expect(quiet).not.toHaveBeenCalled();
    releases[1]?.();
    expect(quiet.mock.calls).toEqual([['local']]);
  });
});
