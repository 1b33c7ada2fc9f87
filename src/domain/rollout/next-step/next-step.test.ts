import { describe, expect, it } from 'vitest';
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
  NOON,
} from '../../testing/builders.js';
import { runRollout } from '../../testing/rollout-run.js';
import {
  PULLED,
  STOPPED,
  STARTED,
  FAILED,
  BACK,
  TIDIED,
  exited,
  retired,
  disarmed,
  named,
  started,
  setAside,
  leadsTo,
} from '../../testing/rollout-states.js';

type Row = readonly [
  row: string,
  snapshot: Partial<Snapshot>,
  intent: Partial<RolloutIntent>,
  steps: string,
];

/** The steps from every state that a crash may leave: O is the old container, N the new one. */
const RECOVERY: readonly Row[] = [
  [
    'O runs, or a stop is in flight; N prepared: continues forward',
    { candidate: aCandidate() },
    PULLED,
    'compare, stop-old, retire-old, take-name, start-new, disarm-old, verify-new, remove-old, succeeded',
  ],
  [
    'O down under its name, N prepared',
    { old: exited(), candidate: aCandidate() },
    STOPPED,
    'retire-old, take-name, start-new, disarm-old, verify-new, remove-old, succeeded',
  ],
  [
    'O down and renamed, N prepared',
    { old: retired(), candidate: aCandidate() },
    STOPPED,
    'take-name, start-new, disarm-old, verify-new, remove-old, succeeded',
  ],
  [
    'O down, N has the name and never started',
    { old: retired(), candidate: named() },
    STOPPED,
    'start-new, disarm-old, verify-new, remove-old, succeeded',
  ],
  [
    'the start of N was refused',
    { old: retired(), candidate: named({ exitCode: 128, error: 'no such device' }) },
    STARTED,
    'give-up, disarm-new, set-aside-new, return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
  ],
  [
    'the engine started O again before N started',
    { old: retired({ status: 'running' }), candidate: named() },
    STOPPED,
    'stop-old, start-new, disarm-old, verify-new, remove-old, succeeded',
  ],
  [
    'N runs and is verified',
    { old: retired(), candidate: started() },
    STARTED,
    'disarm-old, verify-new, remove-old, succeeded',
  ],
  [
    'N exited',
    { old: disarmed, candidate: started({ status: 'exited', exitCode: 3 }) },
    STARTED,
    'give-up, disarm-new, set-aside-new, return-name, rearm-old, start-old, verify-old, restore-tag, remove-new, rolled-back',
  ],
  [
    'N crash-loops and the rollback had begun',
    { old: disarmed, candidate: started({ status: 'restarting' }) },
    BACK,
    'stop-new, disarm-new, set-aside-new, return-name, rearm-old, start-old, verify-old, restore-tag, remove-new, rolled-back',
  ],
  [
    'N set aside, O down and renamed',
    { old: disarmed, candidate: setAside() },
    BACK,
    'return-name, rearm-old, start-old, verify-old, restore-tag, remove-new, rolled-back',
  ],
  [
    'N set aside, O down under its name',
    { old: exited(), candidate: setAside() },
    BACK,
    'start-old, verify-old, restore-tag, remove-new, rolled-back',
  ],
  [
    'N set aside, O runs under its name',
    { old: aContainer({ restartPolicy: NEVER }), candidate: setAside() },
    { ...BACK, ...TIDIED },
    'rearm-old, remove-new, rolled-back',
  ],
  [
    'O went down again after it was healthy',
    { old: exited(), candidate: setAside() },
    { ...BACK, ...TIDIED },
    'start-old, verify-old, remove-new, rolled-back',
  ],
  [
    'N set aside although the journal still says forward',
    { old: disarmed, candidate: setAside() },
    STARTED,
    'return-name, rearm-old, start-old, verify-old, restore-tag, remove-new, give-up, rolled-back',
  ],
  ['committed', { old: null, candidate: started() }, { ...STARTED, verifiedAt: NOON }, 'succeeded'],
  [
    'O is gone, N prepared',
    { old: null, candidate: aCandidate() },
    STOPPED,
    'take-name, start-new, verify-new, succeeded',
  ],
  [
    'N went down with the engine, through no fault of its own',
    { epoch: 'epoch-2', old: disarmed, candidate: started({ status: 'exited', exitCode: 137 }) },
    STARTED,
    'start-new, verify-new, remove-old, succeeded',
  ],
  [
    'N was verified and then went down with the engine',
    { epoch: 'epoch-2', old: disarmed, candidate: started({ status: 'exited', exitCode: 137 }) },
    { ...STARTED, verifiedAt: NOON },
    'start-new, verify-new, remove-old, succeeded',
  ],
  [
    'both came up with the engine',
    { epoch: 'epoch-2', old: retired({ status: 'running' }), candidate: started() },
    STARTED,
    'stop-old, disarm-old, verify-new, remove-old, succeeded',
  ],
  [
    'O came up with the engine under its temporary name in a rollback',
    { epoch: 'epoch-2', old: retired({ status: 'running' }), candidate: setAside() },
    BACK,
    'stop-old, return-name, start-old, verify-old, restore-tag, remove-new, rolled-back',
  ],
  [
    'only the decision to roll back, before O was touched',
    { candidate: aCandidate() },
    { ...PULLED, goal: 'back', failure: FAILED },
    'restore-tag, remove-new, failed',
  ],
  [
    'O may have a stop in flight in a rollback: joins it instead of trusting that it runs',
    { candidate: aCandidate() },
    { ...STOPPED, goal: 'back', failure: FAILED },
    'stop-old, start-old, verify-old, restore-tag, remove-new, rolled-back',
  ],
];

describe('the recovery table', () => {
  it.each(RECOVERY)('%s', (_row, snapshot, intent, steps) => {
    expect(leadsTo(snapshot, anIntent(intent))).toBe(steps);
  });

  const foreign = aContainer({ id: 'foreign', name: 'web' });

  it.each([
    ['N is prepared', aCandidate(), STOPPED, 'restore-tag, remove-new, failed'],
    ['N is set aside', setAside(), BACK, 'restore-tag, remove-new, failed'],
  ])(
    'starts O under its temporary name if another container took its own: %s',
    (_case, candidate, intent, tail) => {
      const { names, end, last } = runRollout({
        snapshot: aSnapshot({ old: retired(), candidate, holder: foreign }),
        intent: anIntent(intent),
      });
      const steps = [...names.filter((name) => name !== 'give-up'), end.phase].join(', ');
      expect(steps).toBe(`start-old, verify-old, ${tail}`);
      expect(last.snapshot.old?.status).toBe('running');
      expect(end.serving).toBe('old');
    },
  );
});

describe('a container that was run with --rm', () => {
  const old = { autoRemove: true, restartPolicy: NEVER, record: { body: {} } };
  const lead = (snapshot: Partial<Snapshot>, intent: Partial<RolloutIntent>): string =>
    leadsTo(snapshot, anIntent({ ...intent, old }));
  const running = aContainer({ autoRemove: true, restartPolicy: NEVER });
  const candidate = aCandidate({ autoRemove: true, restartPolicy: NEVER });
  const runningNew = { ...candidate, name: 'web', status: 'running', startedAt: NOON } as const;

  it('gets a twin before it is stopped', () => {
    expect(lead({ old: running, candidate }, PULLED)).toBe(
      'compare, create-twin, stop-old, take-name, start-new, verify-new, remove-twin, succeeded',
    );
  });

  it('is restored as its twin', () => {
    expect(lead({ old: null, candidate: runningNew, twin: aTwin() }, BACK)).toBe(
      'stop-new, return-name, start-old, verify-old, restore-tag, rolled-back',
    );
  });

  it('is recreated from its record if the twin is gone too', () => {
    expect(lead({ old: null, candidate: null, twin: null }, BACK)).toBe(
      'recreate-old, return-name, start-old, verify-old, restore-tag, rolled-back',
    );
  });

  it('is at fault if it vanished while the engine was up', () => {
    expect(
      nextStep(aSnapshot({ old: null, twin: aTwin() }), anIntent({ ...STARTED, old })),
    ).toEqual(expect.objectContaining({ name: 'give-up', code: 'exited' }));
  });

  it('is not at fault if it vanished with the engine', () => {
    const snapshot = aSnapshot({ epoch: 'epoch-2', old: null });
    expect(nextStep(snapshot, anIntent({ ...STARTED, old }))).toEqual(
      expect.objectContaining({ name: 'give-up', code: 'interrupted' }),
    );
  });
});
