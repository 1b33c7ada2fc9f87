import { describe, expect, it } from 'vitest';
import { cutoffsOf } from './retention.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const DAY_MS = 86_400_000;

describe('what may be pruned', () => {
  it('follows the retention', () => {
    const ninetyDaysAgo = '2025-12-01T12:00:00.000Z';
    expect(cutoffsOf(NOW, 90 * DAY_MS)).toEqual({
      history: ninetyDaysAgo,
      deliveries: ninetyDaysAgo,
    });
  });

  it('does not include deliveries that may still have duplicates', () => {
    const { history, deliveries } = cutoffsOf(NOW, DAY_MS);
    expect(history).toBe('2026-02-28T12:00:00.000Z');
    expect(deliveries).toBe('2026-02-28T11:00:00.000Z');
  });
});
