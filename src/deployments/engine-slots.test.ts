import { describe, expect, it, vi } from 'vitest';
import { EngineSlots } from './engine-slots.js';

function filled(): { slots: EngineSlots; releases: (() => void)[] } {
  const slots = new EngineSlots();
  const releases = Array.from({ length: slots.limit }, () => slots.take('local', vi.fn()));
  return { slots, releases: releases.filter((release) => release !== null) };
}

describe('the places on an engine', () => {
  it('are four', () => {
    const { slots, releases } = filled();
    expect([slots.limit, releases.length]).toEqual([4, 4]);
    expect(slots.take('local', vi.fn())).toBeNull();
  });

  it('are counted for each engine', () => {
    const { slots } = filled();
    expect(slots.take('prod', vi.fn())).not.toBeNull();
  });

  it('are there for a rollout that is under way already, also beyond the limit', () => {
    const { slots, releases } = filled();
    const release = slots.takeAnyway('local');
    releases[0]?.();
    expect(slots.take('local', vi.fn())).toBeNull();
    release();
    expect(slots.take('local', vi.fn())).not.toBeNull();
  });

  it('are told of once when one becomes free, to everybody who was refused', () => {
    const { slots, releases } = filled();
    const waiting = [vi.fn(), vi.fn()];
    for (const each of waiting) slots.take('local', each);
    releases[0]?.();
    releases[1]?.();
    expect(waiting.map((each) => each.mock.calls.length)).toEqual([1, 1]);
  });

  it('are given back once, however often that is said', () => {
    const { slots, releases } = filled();
    releases[0]?.();
    releases[0]?.();
    expect(slots.take('local', vi.fn())).not.toBeNull();
    expect(slots.take('local', vi.fn())).toBeNull();
  });
});
