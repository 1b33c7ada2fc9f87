import { describe, expect, it } from 'vitest';
import { RateLimits, announcedPauseMs, parseRateLimit } from './rate-limits.js';

const NOW = Date.parse('2030-01-02T03:04:05Z');

const anAnswer = (headers: Record<string, string>, status = 429) => ({
  status,
  headers,
  body: Buffer.alloc(0),
});

describe('parseRateLimit', () => {
  it.each([
    ['100;w=21600', { count: 100, windowMs: 21_600_000 }],
    ['99 ; w=60', { count: 99, windowMs: 60_000 }],
    ['0', { count: 0, windowMs: null }],
    ['10, 10;w=1', { count: 10, windowMs: null }],
    ['10;policy=x', { count: 10, windowMs: null }],
    ['', null],
    ['many', null],
    ['-1', null],
    [null, null],
  ])('reads %j', (header, expected) => {
    expect(parseRateLimit(header)).toEqual(expected);
  });
});

describe('announcedPauseMs', () => {
  it.each([
    ['seconds', { 'retry-after': '120' }, 120_000],
    ['a date', { 'retry-after': 'Wed, 02 Jan 2030 03:05:05 GMT' }, 60_000],
    ['a date that has passed', { 'retry-after': 'Wed, 02 Jan 2030 03:00:00 GMT' }, 0],
    ['seconds to the reset', { 'ratelimit-reset': '30' }, 30_000],
    ['the time of the reset', { 'x-ratelimit-reset': String(NOW / 1000 + 15) }, 15_000],
    ['Retry-After before the reset', { 'retry-after': '1', 'ratelimit-reset': '30' }, 1000],
    [
      'the reset where Retry-After is rubbish',
      { 'retry-after': '-', 'ratelimit-reset': '3' },
      3000,
    ],
    ['at most six hours', { 'retry-after': '99999999' }, 21_600_000],
    ['nothing', {}, null],
    ['rubbish', { 'retry-after': 'soon' }, null],
  ])('reads %s', (_what, headers: Record<string, string>, expected) => {
    expect(announcedPauseMs(anAnswer(headers), NOW)).toBe(expected);
  });
});

describe('RateLimits', () => {
  it('hold a host only as long as it announced', () => {
    let passed = 0;
    const limits = new RateLimits(
      () => NOW,
      () => passed,
    );
    limits.note('a.example', anAnswer({ 'retry-after': '10' }));
    expect(() => {
      limits.refuseWhileHeld('a.example');
    }).toThrow(expect.objectContaining({ code: 'registry-unavailable', retryAfterMs: 10_000 }));
    limits.refuseWhileHeld('b.example');
    passed += 10_000;
    limits.refuseWhileHeld('a.example');
  });

  it('do not hold after an ordinary answer or one without a pause', () => {
    const limits = new RateLimits(() => NOW);
    limits.note('a.example', anAnswer({ 'ratelimit-remaining': '1;w=21600' }, 200));
    limits.note('a.example', anAnswer({ 'ratelimit-remaining': '0' }, 401));
    limits.note('a.example', anAnswer({ 'retry-after': '0' }));
    limits.refuseWhileHeld('a.example');
  });

  describe('when little is left of the limit', () => {
    const answered = (headers: Record<string, string>) => {
      let passed = 0;
      const limits = new RateLimits(
        () => NOW,
        () => passed,
      );
      limits.note('a.example', anAnswer(headers, 200));
      return { limits, pass: (milliseconds: number) => (passed += milliseconds) };
    };
    const polls = (limits: RateLimits) => () => {
      limits.refuseWhileHeld('a.example', 'polled');
    };

    it.each([
      ['a tenth of the window', { 'ratelimit-remaining': '10;w=3600' }, 360_000],
      ['five minutes where no window is named', { 'ratelimit-remaining': '9' }, 300_000],
      ['until the reset', { 'ratelimit-remaining': '1', 'ratelimit-reset': '20' }, 20_000],
    ])('reserve it for pushes for %s', (_what, headers: Record<string, string>, expected) => {
      const { limits, pass } = answered({ 'ratelimit-limit': '100', ...headers });
      limits.refuseWhileHeld('a.example', 'pushed');
      expect(polls(limits)).toThrow(expect.objectContaining({ retryAfterMs: expected }));
      pass(expected);
      polls(limits)();
    });

    it('allow polls once more is left and if no limit is announced', () => {
      const { limits } = answered({ 'ratelimit-limit': '100', 'ratelimit-remaining': '10' });
      const more = { 'ratelimit-limit': '100', 'ratelimit-remaining': '11' };
      limits.note('a.example', anAnswer(more, 200));
      polls(limits)();
      polls(answered({ 'ratelimit-remaining': '1' }).limits)();
      polls(answered({ 'ratelimit-limit': '100' }).limits)();
    });
  });
});
