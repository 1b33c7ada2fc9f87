import { describe, expect, it } from 'vitest';
import { ERROR_CODES, isVersionAtFault, type ErrorCode } from '../../domain/errors.js';
import type { Phase, Serving } from '../../domain/deployment/deployment.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { anIntent } from '../../domain/testing/builders.js';
import { concludeRollout, type Conclusion } from './conclusion.js';

const DOWN_AT = '2026-01-01T12:00:00.000Z';
const UP_AT = '2026-01-01T12:00:00.412Z';
const BACK_AT = '2026-01-01T12:00:02.000Z';
const END = '2026-01-01T12:00:09.000Z';
const EXITED = { code: 'exited', message: 'it exited with code 3' } as const;
const SWAPPED = { stopIssued: true, oldDownAt: DOWN_AT, startedInEpoch: 'epoch-1' } as const;
const FAILED = { ...SWAPPED, goal: 'back', failure: EXITED } as const;

function conclude(
  phase: Phase,
  serving: Serving,
  intent: Parameters<typeof anIntent>[0] = {},
): Conclusion {
  return concludeRollout(anIntent(intent), { name: 'finish', phase, serving }, END);
}

describe('the downtime', () => {
  const of = (...end: Parameters<typeof conclude>): number | null | undefined =>
    conclude(...end).patch.downtimeMs;

  it('lasts from the end of the old one until the new one proved healthy', () => {
    expect(of('succeeded', 'new', { ...SWAPPED, verifiedAt: UP_AT })).toBe(412);
  });

  it('lasts until the old one proved healthy again where it was brought back', () => {
    expect(of('rolled-back', 'old', { ...FAILED, restoredAt: BACK_AT })).toBe(2_000);
  });

  it('is 0 where the old one served throughout', () => {
    expect(of('failed', 'old', { goal: 'back', failure: EXITED })).toBe(0);
  });

  it('is unknown where nothing serves, or where it is not known since when', () => {
    expect(of('failed', 'none', FAILED)).toBeNull();
    expect(of('failed', 'new', { ...FAILED, goal: 'leave' })).toBeNull();
  });

  it('does not exist where nothing ran before, or nothing was done', () => {
    const stopped = { old: { wasRunning: false } };
    expect(of('succeeded', 'new', { ...SWAPPED, ...stopped, verifiedAt: UP_AT })).toBeNull();
    expect(of('skipped', 'old')).toBeNull();
  });

  it('leaves out the time in which the new one served, until it ended', () => {
    const watched = { ...FAILED, verifiedAt: UP_AT, newDownAt: '2026-01-01T12:00:01.500Z' };
    expect(of('rolled-back', 'old', { ...watched, restoredAt: BACK_AT })).toBe(412 + 500);
    const before = { ...watched, verifiedAt: '2026-01-01T11:59:59.000Z', restoredAt: BACK_AT };
    expect(of('rolled-back', 'old', { ...before, strategy: 'start-first' })).toBe(500);
  });

  it('counts the new start of the old one after a handover came to nothing', () => {
    const back = { ...FAILED, downMs: 40, verifiedAt: '2026-01-01T11:59:59.000Z' };
    const ended = { ...back, newDownAt: END, restoredAt: BACK_AT };
    expect(of('rolled-back', 'old', { ...ended, strategy: 'handover' })).toBe(40 + 2_000);
  });

  it('ends where the new one that is left proved healthy', () => {
    const left = { ...SWAPPED, goal: 'leave', failure: EXITED, verifiedAt: UP_AT } as const;
    expect(of('failed', 'new', left)).toBe(412);
  });

  it('is never negative, whatever the clocks say', () => {
    expect(of('succeeded', 'new', { ...SWAPPED, oldDownAt: UP_AT, verifiedAt: DOWN_AT })).toBe(0);
  });
});

describe('an end', () => {
  it('without a failure has no error', () => {
    const { patch, quarantine } = conclude('succeeded', 'new', { ...SWAPPED, verifiedAt: UP_AT });
    expect([patch.phase, patch.finishedAt, patch.error, patch.reason]).toEqual([
      'succeeded',
      END,
      null,
      null,
    ]);
    expect(quarantine).toBe(false);
  });

  it('without anything to do says why', () => {
    const { patch, quarantine } = conclude('skipped', 'old');
    expect(patch.reason).toMatch(/sha256:a+ is the one that runs already/);
    expect([patch.error, quarantine]).toEqual([undefined, false]);
  });

  it.each<readonly [Phase, Serving]>([
    ['rolled-back', 'old'],
    ['failed', 'old'],
    ['failed', 'new'],
    ['failed', 'none'],
  ])('as %s tells what went wrong and that %s serves', (phase, serving) => {
    const { patch } = conclude(phase, serving, { ...FAILED, logTail: ['one', 'two'] });
    expect(patch.phase).toBe(phase);
    expect(patch.reason).toBe(EXITED.message);
    expect(patch.error).toMatchObject({
      code: 'exited',
      retryable: false,
      serving,
      logTail: ['one', 'two'],
    });
    expect(patch.error?.message).toContain(EXITED.message);
  });

  it('tells a person what to do where nothing serves', () => {
    const restoreFailed = 'start-old is not possible: no such network';
    const { patch } = conclude('failed', 'none', { ...FAILED, restoreFailed });
    expect(patch.error?.message).toContain(restoreFailed);
    expect(patch.error?.message).toMatch(/nothing serves now.*docker ps -a --filter name=web/);
    expect(conclude('failed', 'old', FAILED).patch.error?.message).toBe(EXITED.message);
  });

  it('asks for nobody where the old one was brought back that did not run before', () => {
    const stopped = { ...FAILED, old: { wasRunning: false } };
    expect(conclude('rolled-back', 'none', stopped).patch.error?.message).toBe(EXITED.message);
  });

  it('without a known failure is an interruption, which is worth another try', () => {
    const { patch, quarantine } = conclude('rolled-back', 'old', { ...SWAPPED, goal: 'back' });
    expect(patch.error).toMatchObject({ code: 'interrupted', retryable: true });
    expect(quarantine).toBe(false);
  });
});

describe('quarantine', () => {
  const of = (code: ErrorCode, parts: Partial<Omit<RolloutIntent, 'old'>> = {}): boolean =>
    conclude('rolled-back', 'old', { ...FAILED, failure: { code, message: '' }, ...parts })
      .quarantine;
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];

  it('is for versions that were at fault themselves, and for no other failure', () => {
    expect(codes.filter((code) => of(code))).toEqual(codes.filter(isVersionAtFault));
  });

  it('is only for versions that were started', () => {
    expect(codes.filter((code) => of(code, { startedInEpoch: null }))).toEqual([]);
  });
});
