import { describe, expect, it } from 'vitest';
import { FailurePatience, HandlerSchedule } from './failure-patience.js';

const HOUR_MS = 3_600_000;

describe('the retry schedule of a failing handler', () => {
  it('has longer pauses with each failure of a deployment and starts again after an answer', () => {
    const patience = new FailurePatience(new HandlerSchedule(), () => 0);
    const pauses = [1, 2, 3, 4, 5, 6, 7].map(() => patience.failed('a'));
    expect(pauses).toEqual([5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 300_000]);
    expect(patience.failed('b')).toBe(5_000);
    patience.answered('a');
    expect(patience.failed('a')).toBe(5_000);
  });

  it('ends after a day of consecutive failures', () => {
    let now = 0;
    const patience = new FailurePatience(new HandlerSchedule(), () => now);
    expect(patience.failed('a')).not.toBeNull();
    now = 24 * HOUR_MS - 1;
    expect(patience.failed('a')).not.toBeNull();
    now = 24 * HOUR_MS;
    expect(patience.failed('a')).toBeNull();
    expect(patience.failed('a')).toBe(5_000);
  });
});
