import { describe, expect, it } from 'vitest';
import { ALL_HOOKS_RUN, afterHook } from './hooks.js';
import type { Hooks } from '../settings/hook-settings.js';
import { nextStep } from './next-step/next-step.js';
import { simulateRollout } from './plan/simulate.js';
import type { RolloutIntent } from './intent.js';
import type { Snapshot } from './snapshot.js';
import {
  aCandidate,
  aContainer,
  anIntent,
  anOverlap,
  aRemovedWhenStopped,
  aSnapshot,
} from '../testing/builders.js';
import { anExecHook, anHttpHook, aRunHook } from '../testing/hook-builders.js';
import { runRollout } from '../testing/rollout-run.js';
import type { SimulatedState } from './plan/simulated-state.js';

const HOOKS: Hooks = {
  before: [anExecHook(), aRunHook()],
  after: [anExecHook({ in: 'new' })],
  onFailure: [anHttpHook(), anExecHook({ in: 'serving' })],
};
const STARTS: readonly (readonly [string, SimulatedState])[] = [
  ['recreate', { snapshot: aSnapshot(), intent: anIntent() }],
  ['recreate of a container that was run with --rm', aRemovedWhenStopped()],
  ['start-first', anOverlap('start-first')],
  ['handover', anOverlap('handover')],
];
const TOUCHING = ['drain-old', 'stop-old', 'hand-over', 'retire-old'];
const NO_ROLLBACK_AFTER = ['remove-old', 'remove-twin', 'finish'];

describe.each(STARTS)('hooks of a rollout by %s', (_name, { snapshot, intent }) => {
  const start: SimulatedState = { snapshot, intent: { ...intent, hooks: HOOKS } };

  it('are in its plan: some before the old container is touched, some while it can be restored', () => {
    const names = simulateRollout(start.snapshot, start.intent).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('-hook'))).toEqual([
      'run-before-hook',
      'run-before-hook',
      'run-after-hook',
    ]);
    const before = names.lastIndexOf('run-before-hook');
    expect(before).toBeGreaterThan(names.indexOf('compare'));
    for (const step of ['start-new', ...TOUCHING]) {
      if (names.includes(step as never))
        expect(names.indexOf(step as never)).toBeGreaterThan(before);
    }
    const after = names.indexOf('run-after-hook');
    expect(after).toBeGreaterThan(names.lastIndexOf('verify-new'));
    for (const step of NO_ROLLBACK_AFTER) {
      if (names.includes(step as never))
        expect(names.indexOf(step as never)).toBeGreaterThan(after);
    }
    if (start.intent.strategy !== 'handover') return;
    // It still runs then: a rollback needs no start.
    expect(names.indexOf('stop-old')).toBeGreaterThan(after);
  });

  it('leave the old container alone if a before hook fails, and report that at the end', () => {
    const fail = { step: 'run-before-hook', code: 'hook-failed', acted: false } as const;
    const { names, end, last } = runRollout(start, { fail });
    expect(end).toEqual({ name: 'finish', phase: 'failed', serving: 'old' });
    expect(names.filter((name) => TOUCHING.includes(name))).toEqual([]);
    expect(names.slice(-4)).toEqual([
      'restore-tag',
      'remove-new',
      'run-failure-hook',
      'run-failure-hook',
    ]);
    expect(last.snapshot).toMatchObject({
      old: { status: 'running', name: 'web' },
      candidate: null,
    });
  });

  it('cause a rollback if an after hook fails, with the failure hooks run once, last', () => {
    const fail = { step: 'run-after-hook', code: 'hook-failed', acted: false } as const;
    const { names, end, last } = runRollout(start, { fail });
    expect(end).toEqual({ name: 'finish', phase: 'rolled-back', serving: 'old' });
    const failureHooks = names.filter((name) => name === 'run-failure-hook');
    expect(failureHooks).toHaveLength(2);
    const rest = names.slice(names.indexOf('run-failure-hook'));
    expect(rest.filter((name) => name !== 'remove-waiting-network')).toEqual(failureHooks);
    expect(last.snapshot.candidate).toBeNull();
  });

  it('change nothing else in the plan', () => {
    const without = simulateRollout(snapshot, intent).map(({ name }) => name);
    const withHooks = simulateRollout(start.snapshot, start.intent).map(({ name }) => name);
    expect(withHooks.filter((name) => !name.endsWith('-hook'))).toEqual(without);
  });
});

describe('a rollout that is resumed', () => {
  const hooks = HOOKS;
  const prepared = { candidate: aCandidate() };
  const compared = {
    imageId: aCandidate().imageId,
    hooks,
    comparison: { at: '', compared: 0, differences: [] },
  } as const;

  it.each<[string, Partial<Snapshot>, Partial<RolloutIntent>, object]>([
    [
      'removes the container that a hook left before it runs that hook again',
      { ...prepared, hook: aContainer({ id: 'hook', name: 'web.deploy-hook' }) },
      compared,
      { name: 'remove-hook', id: 'hook' },
    ],
    [
      'runs an interrupted hook again',
      prepared,
      { ...compared, hooksRun: { before: 1, after: 0, onFailure: 0 } },
      { name: 'run-before-hook', index: 1 },
    ],
    [
      'does not repeat completed hooks',
      prepared,
      { ...compared, hooksRun: { before: 2, after: 0, onFailure: 0 } },
      { name: 'stop-old', id: aContainer().id },
    ],
    [
      'does not start the new version without its hooks if the old one ended by itself',
      { ...prepared, old: aContainer({ status: 'exited' }) },
      { ...compared, stopIssued: true },
      { name: 'run-before-hook', index: 0 },
    ],
    [
      'starts the service if the container that a hook left cannot be removed',
      { candidate: aCandidate({ name: 'web' }), old: null, hook: aContainer({ id: 'hook' }) },
      { ...compared, stopIssued: true, abandoned: ['remove-hook'] },
      { name: 'start-new', id: aCandidate().id },
    ],
  ])('%s', (_what, snapshot, intent, step) => {
    expect(nextStep(aSnapshot(snapshot), anIntent(intent))).toEqual(step);
  });

  it('tries once more at its end to remove the container that a hook left, and ends even if it cannot', () => {
    const snapshot = aSnapshot({
      old: null,
      candidate: aCandidate({ name: 'web', status: 'running', startedAt: '2026-01-01T13:00:00Z' }),
      hook: aContainer({ id: 'hook' }),
    });
    const intent = anIntent({
      ...compared,
      hooks: { ...hooks, after: [] },
      stopIssued: true,
      startedInEpoch: 'epoch-1',
      verifiedAt: '2026-01-01T13:00:01Z',
    });
    expect(nextStep(snapshot, { ...intent, abandoned: ['remove-hook'] })).toEqual({
      name: 'remove-hook',
      id: 'hook',
    });
    expect(
      nextStep(snapshot, { ...intent, abandoned: ['remove-hook', 'remove-hook'] }),
    ).toMatchObject({ name: 'finish', phase: 'succeeded' });
  });
});

describe('the hooks of a failure', () => {
  it('are also run if the failed version is left in its place', () => {
    const intent = anIntent({ hooks: HOOKS, onFailure: 'leave' });
    const fail = { step: 'verify-new', code: 'unhealthy', acted: false } as const;
    const { names, end } = runRollout({ snapshot: aSnapshot(), intent }, { fail });
    expect(end).toMatchObject({ phase: 'failed' });
    expect(names.filter((name) => name === 'run-failure-hook')).toHaveLength(2);
  });

  it('are not run if there was nothing to do', () => {
    const intent = anIntent({ hooks: HOOKS, imageId: aContainer().imageId });
    expect(nextStep(aSnapshot(), intent)).toMatchObject({ name: 'finish', phase: 'skipped' });
  });

  it('end at a failure with onError: abort', () => {
    const intent = anIntent({ hooks: HOOKS });
    const { hooksRun } = afterHook({ name: 'run-failure-hook', index: 0 }, intent, true);
    expect(hooksRun).toEqual({ before: 0, after: 0, onFailure: ALL_HOOKS_RUN });
  });
});
