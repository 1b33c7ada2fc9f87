import { describe, expect, it } from 'vitest';
import type { HealthCheck } from '../../inspection/inspection.js';
import { mergedConfig } from '../../testing/engine-merge.js';
import { healthCheckOf } from './health-check.js';

const IMAGE: HealthCheck = { Test: ['CMD', '/check'], Interval: 10, Timeout: 5, Retries: 2 };

describe('the health check that a user set', () => {
  it.each<[string, HealthCheck | null, HealthCheck | null, HealthCheck | undefined]>([
    ['none anywhere', null, null, undefined],
    ['only the image’s', IMAGE, IMAGE, undefined],
    ['another test', { ...IMAGE, Test: ['CMD', '/own'] }, IMAGE, { Test: ['CMD', '/own'] }],
    ['another interval', { ...IMAGE, Interval: 1 }, IMAGE, { Interval: 1 }],
    ['another timeout', { ...IMAGE, Timeout: 1 }, IMAGE, { Timeout: 1 }],
    ['a start period', { ...IMAGE, StartPeriod: 9 }, IMAGE, { StartPeriod: 9 }],
    ['other retries', { ...IMAGE, Retries: 9 }, IMAGE, { Retries: 9 }],
    ['zeros, which mean "not set"', { ...IMAGE, StartPeriod: 0 }, IMAGE, undefined],
    ['an empty test, which means the image’s', { ...IMAGE, Test: [] }, IMAGE, undefined],
    ['no test, which means the image’s', { ...IMAGE, Test: null }, IMAGE, undefined],
    ['switched off by the user', { ...IMAGE, Test: ['NONE'] }, IMAGE, { Test: ['NONE'] }],
    ['switched off, the image is gone', { ...IMAGE, Test: ['NONE'] }, null, { Test: ['NONE'] }],
    ['switched off by the image', { Test: ['NONE'] }, { Test: ['NONE'] }, undefined],
    ['all of it, the image has none', IMAGE, null, IMAGE],
    ['an interval alone, the image has none', { Interval: 3 }, null, { Interval: 3 }],
  ])('%s', (_, container, image, expected) => {
    expect(healthCheckOf(container, image, '1.41')).toEqual(expected);
  });

  it('has a start interval from API 1.44 on', () => {
    const container = { ...IMAGE, StartInterval: 7 };
    expect(healthCheckOf(container, IMAGE, '1.44')).toEqual({ StartInterval: 7 });
    expect(healthCheckOf(container, IMAGE, '1.43')).toBeUndefined();
  });

  it('lets the next image change what the user did not set', () => {
    const container = mergedConfig({ Healthcheck: { Interval: 1 } }, { Healthcheck: IMAGE });
    const sent = healthCheckOf(container.Healthcheck ?? null, IMAGE, '1.41') ?? null;
    const next = { Healthcheck: { Test: ['CMD', '/check-2'], Interval: 60, Retries: 8 } };
    expect(mergedConfig({ Healthcheck: sent }, next).Healthcheck).toMatchObject({
      Test: ['CMD', '/check-2'],
      Interval: 1,
      Retries: 8,
    });
  });
});
