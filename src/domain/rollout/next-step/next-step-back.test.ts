import { describe, expect, it } from 'vitest';
import type { Phase, Serving } from '../../deployment/deployment.js';
import { nextStep } from './next-step.js';
import type { RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import {
  aCandidate,
  aContainer,
  anIntent,
  aSnapshot,
  aTwin,
  NEVER,
} from '../../testing/builders.js';
import {
  PULLED,
  STOPPED,
  STARTED,
  FAILED,
  BACK,
  exited,
  retired,
  disarmed,
  started,
  setAside,
  leadsTo,
} from '../../testing/rollout-states.js';

type End = readonly [phase: Phase, serving: Serving];

describe('the end of a way back that cannot be gone', () => {
  const endOf = (snapshot: Partial<Snapshot>, intent: Partial<RolloutIntent>): End => {
    const step = nextStep(aSnapshot(snapshot), anIntent(intent));
    if (step.name !== 'finish') throw new Error(`it goes on with ${step.name}`);
    return [step.phase, step.serving];
  };

  it('leaves everything as it is for a person', () => {
    const failed = { ...BACK, restoreFailed: 'start-old is not possible' };
    expect(endOf({ old: exited(), candidate: setAside() }, failed)).toEqual(['failed', 'none']);
  });

  it('leaves the new one where the old one was removed by hand, touched or not', () => {
    const candidate = started({ health: 'unhealthy' });
    const { stopIssued: _, ...untouched } = BACK;
    expect(endOf({ old: null, candidate }, BACK)).toEqual(['failed', 'new']);
    expect(leadsTo({ old: null, candidate }, anIntent(untouched))).toBe('failed');
  });

  it('tidies where the old one serves but did not prove healthy', () => {
    const failed = { ...BACK, restoreFailed: 'it was started, but unhealthy' };
    expect(leadsTo({ candidate: setAside() }, anIntent(failed))).toBe(
      'restore-tag, remove-new, failed',
    );
  });
});

describe('a state that no rule knows', () => {
  const UNKNOWN = { code: 'unknown-state', message: 'renamed by hand' } as const;
  const intent = { ...STOPPED, goal: 'back', failure: UNKNOWN } as const;
  const odd = aCandidate({ name: 'odd' });

  it('touches nothing but brings the old one up', () => {
    expect(leadsTo({ old: retired(), candidate: odd }, anIntent(intent))).toBe(
      'return-name, start-old, failed',
    );
    expect(leadsTo({ candidate: odd }, anIntent(intent))).toBe('failed');
  });

  it('does not start one that did not run before', () => {
    const stopped = anIntent({ ...intent, old: { wasRunning: false } });
    expect(leadsTo({ old: retired(), candidate: odd }, stopped)).toBe('failed');
  });

  it('leaves the name to whoever has it', () => {
    const holder = aContainer({ id: 'foreign' });
    expect(leadsTo({ old: retired(), candidate: odd, holder }, anIntent(intent))).toBe('failed');
    expect(leadsTo({ old: retired(), candidate: started() }, anIntent(intent))).toBe('failed');
  });
});

describe('a journal that could not be written', () => {
  const LOST = { ...PULLED, goal: 'back', failure: FAILED } as const;

  it.each<readonly [string, Partial<Snapshot>, string]>([
    [
      'the new one has the name',
      { old: retired(), candidate: started() },
      'stop-new, disarm-new, set-aside-new, return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
    ],
    [
      'the old one is down under its temporary name',
      { old: retired(), candidate: aCandidate() },
      'return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
    ],
  ])('does not keep the old one from coming back: %s', (_case, snapshot, steps) => {
    expect(leadsTo(snapshot, anIntent(LOST))).toBe(steps);
  });

  it('does not keep a --rm one from coming back', () => {
    const old = { autoRemove: true, restartPolicy: NEVER, record: { body: {} } };
    const snapshot = { old: null, twin: aTwin(), candidate: aCandidate() };
    expect(leadsTo(snapshot, anIntent({ ...LOST, old }))).toBe(
      'return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
    );
  });

  it('does not take down one that serves under its temporary name from the start', () => {
    const serving = retired({ status: 'running' });
    expect(leadsTo({ old: serving }, anIntent({ ...LOST, imageId: null }))).toBe('failed');
  });
});

describe('leaving the failed new one in its place', () => {
  const LEAVE = { ...STARTED, onFailure: 'leave', goal: 'leave', failure: FAILED } as const;

  it('keeps the old one stopped and without a restart policy', () => {
    expect(leadsTo({ old: retired(), candidate: started() }, anIntent(LEAVE))).toBe(
      'disarm-old, failed',
    );
  });

  it.each([
    ['running', 'new'],
    ['exited', 'none'],
    ['restarting', 'none'],
  ] as const)('says who serves: a new one that is %s', (status, serving) => {
    const snapshot = aSnapshot({ old: disarmed, candidate: started({ status }) });
    const step = nextStep(snapshot, anIntent(LEAVE));
    expect(step).toEqual({ name: 'finish', phase: 'failed', serving });
  });
});
