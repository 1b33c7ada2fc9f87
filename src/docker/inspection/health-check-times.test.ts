import { describe, expect, it } from 'vitest';
import { healthCheckTimes } from './health-check-times.js';
import type { HealthCheck } from './inspection.js';
import { aContainer } from '../testing/inspection-builders.js';

const SECOND = 1e9;
const TEST = ['CMD', '/check'];

const of = (Healthcheck: HealthCheck | null) =>
  healthCheckTimes(aContainer({ Config: { Healthcheck } }));

describe('the times of a HEALTHCHECK', () => {
  it('are what is set, in milliseconds', () => {
    const set = { Interval: SECOND, Timeout: SECOND / 2, StartPeriod: 40 * SECOND, Retries: 2 };
    expect(of({ Test: TEST, ...set })).toEqual({
      startPeriodMs: 40_000,
      intervalMs: 1_000,
      timeoutMs: 500,
      retries: 2,
    });
  });

  it.each([{}, { Interval: 0, Timeout: 0, StartPeriod: 0, Retries: 0 }])(
    "are the engine's where nothing is set: %j",
    (unset) => {
      expect(of({ Test: TEST, ...unset })).toEqual({
        startPeriodMs: 0,
        intervalMs: 30_000,
        timeoutMs: 30_000,
        retries: 3,
      });
    },
  );

  it.each<HealthCheck | null>([null, {}, { Test: null }, { Test: [] }, { Test: ['NONE'] }])(
    'do not exist without a check: %j',
    (check) => {
      expect(of(check)).toBeNull();
    },
  );

  it('do not exist if the container has none', () => {
    expect(healthCheckTimes(aContainer())).toBeNull();
  });
});
