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

describe('the end of a rollback that is impossible', () => {
  const endOf = (snapshot: Partial<Snapshot>, intent: Partial<RolloutIntent>): End => {
    const step = nextStep(aSnapshot(snapshot), anIntent(intent));
    if (step.name !== 'finish') throw new Error(`it continues with ${step.name}`);
    return [step.phase, step.serving];
  };

  it('leaves everything as it is for manual repair', () => {
    const failed = { ...BACK, restoreFailed: 'start-old is not possible' };
    expect(endOf({ old: exited(), candidate: setAside() }, failed)).toEqual(['failed', 'none']);
  });

  it('keeps the new container if the old one was removed manually, touched or not', () => {
    const candidate = started({ health: 'unhealthy' });
    const { stopIssued: _, ...untouched } = BACK;
    expect(endOf({ old: null, candidate }, BACK)).toEqual(['failed', 'new']);
    expect(leadsTo({ old: null, candidate }, anIntent(untouched))).toBe('failed');
  });

  it('cleans up if the old container serves but did not become healthy', () => {
    const failed = { ...BACK, restoreFailed: 'it was started, but unhealthy' };
    expect(leadsTo({ candidate: setAside() }, anIntent(failed))).toBe(
      'restore-tag, remove-new, failed',
    );
  });
});

describe('an unknown state', () => {
  const UNKNOWN = { code: 'unknown-state', message: 'renamed manually' } as const;
  const intent = { ...STOPPED, goal: 'back', failure: UNKNOWN } as const;
  const odd = aCandidate({ name: 'odd' });

  it('touches nothing except to start the old container', () => {
    expect(leadsTo({ old: retired(), candidate: odd }, anIntent(intent))).toBe(
      'return-name, start-old, failed',
    );
    expect(leadsTo({ candidate: odd }, anIntent(intent))).toBe('failed');
  });

  it('does not start a container that was stopped before', () => {
    const stopped = anIntent({ ...intent, old: { wasRunning: false } });
    expect(leadsTo({ old: retired(), candidate: odd }, stopped)).toBe('failed');
  });

  it('leaves the name to the container that has it', () => {
    const holder = aContainer({ id: 'foreign' });
    expect(leadsTo({ old: retired(), candidate: odd, holder }, anIntent(intent))).toBe('failed');
    expect(leadsTo({ old: retired(), candidate: started() }, anIntent(intent))).toBe('failed');
  });
});

describe('a journal that could not be written', () => {
  const LOST = { ...PULLED, goal: 'back', failure: FAILED } as const;

  it.each<readonly [string, Partial<Snapshot>, string]>([
    [
      'the new container has the name',
      { old: retired(), candidate: started() },
      'stop-new, disarm-new, set-aside-new, return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
    ],
    [
      'the old container is down under its temporary name',
      { old: retired(), candidate: aCandidate() },
      'return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
    ],
  ])('does not prevent the old container from being restored: %s', (_case, snapshot, steps) => {
    expect(leadsTo(snapshot, anIntent(LOST))).toBe(steps);
  });

  it('does not prevent a --rm container from being restored', () => {
    const old = { autoRemove: true, restartPolicy: NEVER, record: { body: {} } };
    const snapshot = { old: null, twin: aTwin(), candidate: aCandidate() };
    expect(leadsTo(snapshot, anIntent({ ...LOST, old }))).toBe(
      'return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
    );
  });

  it('does not stop a container that served under its temporary name from the start', () => {
    const serving = retired({ status: 'running' });
    expect(leadsTo({ old: serving }, anIntent({ ...LOST, imageId: null }))).toBe('failed');
  });
});

describe('leaving the failed new container in its place', () => {
  const LEAVE = { ...STARTED, onFailure: 'leave', goal: 'leave', failure: FAILED } as const;

  it('keeps the old container stopped and without a restart policy', () => {
    expect(leadsTo({ old: retired(), candidate: started() }, anIntent(LEAVE))).toBe(
      'disarm-old, failed',
    );
  });

  it.each([
    ['running', 'new'],
    ['exited', 'none'],
    ['restarting', 'none'],
  ] as const)('reports which container serves if the new one is %s', (status, serving) => {
    const snapshot = aSnapshot({ old: disarmed, candidate: started({ status }) });
    const step = nextStep(snapshot, anIntent(LEAVE));
    expect(step).toEqual({ name: 'finish', phase: 'failed', serving });
  });
});
