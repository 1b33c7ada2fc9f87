import { describe, expect, it } from 'vitest';
import { syncIntent } from './sync-intent.js';
import type { DependentIntent, DependentState } from '../dependents.js';
import { nextStep } from './next-step.js';
import type { RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import type { ContainerState } from '../container-state.js';
import { aContainer, anIntent, aSnapshot, NOON } from '../../testing/builders.js';
import { aDependent, asItWas } from '../../testing/dependent-starts.js';
import { runRollout } from '../../testing/rollout-run.js';
import { BACK, disarmed, named, PULLED, started, STARTED } from '../../testing/rollout-states.js';

const LATER = '2026-01-01T12:00:05.000Z';
const STILL_LATER = '2026-01-01T12:00:10.000Z';
const SETTLING = { ...STARTED, verifiedAt: NOON, touchedDependents: ['worker'] };
const COMPARED = { ...PULLED, comparison: { at: NOON, compared: 0, differences: [] } };
const worker = aDependent();

/** The replacement of `worker` after its start. */
function inPlace(parts: Partial<ContainerState> = {}): ContainerState {
  return aContainer({
    id: 'new-worker',
    name: 'worker',
    imageId: worker.imageId,
    startedAt: LATER,
    ...parts,
  });
}

const retired = asItWas(worker, { name: 'worker.deploy-old', status: 'exited' }).old;

function aState(
  worker: Partial<DependentState>,
  wanted: Partial<Omit<RolloutIntent, 'old'>> = SETTLING,
  seen: Partial<Snapshot> = { old: disarmed, candidate: started() },
  dependent: Partial<DependentIntent> = {},
): { snapshot: Snapshot; intent: RolloutIntent } {
  const state = { old: retired, replacement: null, holder: null, ...worker };
  return {
    snapshot: aSnapshot({ ...seen, dependents: { worker: state } }),
    intent: anIntent({ ...wanted, dependents: [aDependent(dependent)] }),
  };
}

function stepOf({ snapshot, intent }: ReturnType<typeof aState>): string {
  const step = nextStep(snapshot, syncIntent(snapshot, intent));
  if (step.name === 'give-up') return `${step.name} ${step.code}: ${step.message}`;
  return 'id' in step ? `${step.name} ${step.id}` : step.name;
}

describe('a replaced dependent', () => {
  it.each<readonly [string, Partial<ContainerState>, string]>([
    ['runs', {}, 'verify-dependent new-worker'],
    [
      'exited by itself',
      { status: 'exited', exitCode: 3 },
      'give-up dependent-failed: worker exited with code 3',
    ],
    [
      'ran out of memory',
      { status: 'exited', exitCode: 137, outOfMemory: true },
      'give-up dependent-failed: worker ran out of memory with code 137',
    ],
    ['was never started', { status: 'created', startedAt: null }, 'start-dependent new-worker'],
    [
      'does not have its name yet',
      { status: 'created', startedAt: null, name: 'worker.deploy-new' },
      'name-dependent new-worker',
    ],
    [
      'was started manually under its temporary name',
      { name: 'worker.deploy-new' },
      'stop-dependent new-worker',
    ],
  ])('%s', (_name, parts, step) => {
    expect(stepOf(aState({ replacement: inPlace(parts) }))).toBe(step);
  });

  it('is started again if it went down with the engine, through no fault of its own', () => {
    const replacement = inPlace({ status: 'exited', exitCode: 255 });
    const candidate = started({ startedAt: LATER });
    const seen = { epoch: `${STILL_LATER} bridge`, old: disarmed, candidate };
    const wanted = { ...SETTLING, verifiedAt: LATER };
    expect(stepOf(aState({ replacement }, wanted, seen))).toBe('start-dependent new-worker');
  });

  it('is restarted if it has run since before the new container was restarted', () => {
    const seen = { old: disarmed, candidate: started({ startedAt: STILL_LATER }) };
    const wanted = { ...SETTLING, verifiedAt: STILL_LATER };
    const start = aState({ replacement: inPlace() }, wanted, seen);
    expect(stepOf(start)).toBe('stop-dependent new-worker');
    expect(runRollout(start).names).toEqual([
      'stop-dependent',
      'start-dependent',
      'verify-dependent',
      'remove-old',
      'remove-dependent',
    ]);
  });

  it('may exit if it did so before', () => {
    const replacement = inPlace({ status: 'exited' });
    const start = aState({ replacement }, SETTLING, undefined, { proof: 'none' });
    expect(stepOf(start)).toBe('remove-old old-container');
  });

  it('fails if another container has taken its name', () => {
    const replacement = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
    const holder = aContainer({ id: 'foreign', name: 'worker' });
    expect(stepOf(aState({ replacement, holder }))).toContain('give-up name-taken');
  });

  it('is recreated if its replacement was removed', () => {
    expect(stepOf(aState({}))).toBe('create-dependent worker');
  });

  it('does not matter if both containers were removed', () => {
    expect(stepOf(aState({ old: null }))).toBe('remove-old old-container');
  });

  it('does not hide that the new container turned unhealthy meanwhile', () => {
    const replacement = inPlace();
    const wanted = { ...SETTLING, provedDependents: [`new-worker ${LATER}`] };
    const seen = { old: disarmed, candidate: started({ health: 'unhealthy' }) };
    expect(stepOf(aState({ replacement }, wanted, seen))).toContain('give-up unhealthy');
  });
});

describe('a restarted engine that started the old containers', () => {
  it('leads to a stop of the dependents before the old container', () => {
    const replacement = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
    const old = asItWas(worker, { startedAt: LATER }).old;
    const seen = { old: aContainer({ name: 'web.deploy-old' }), candidate: named() };
    const { names, end } = runRollout(aState({ old, replacement }, STARTED, seen));
    expect(names.slice(0, 3)).toEqual(['stop-dependent', 'stop-old', 'start-new']);
    expect(end.phase).toBe('succeeded');
  });
});

describe('the creation of a dependent', () => {
  const made = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
  const candidate = named({ name: 'web.deploy-new' });

  it('is resumed if it is not connected to all networks yet', () => {
    const old = asItWas(worker, { networks: { host: [], back: [] } }).old;
    const start = aState({ old, replacement: made }, COMPARED, { candidate });
    expect(stepOf(start)).toBe('create-dependent worker');
    const replacement = { ...made, networks: { back: [] } };
    expect(stepOf(aState({ old, replacement }, COMPARED, { candidate }))).toBe(
      'stop-dependent worker',
    );
  });

  it('is resumed if it was interrupted, before anything is stopped', () => {
    const { old } = asItWas(worker);
    const wanted = { ...COMPARED, unfinishedDependents: ['worker'] };
    expect(stepOf(aState({ old, replacement: made }, wanted, { candidate }))).toBe(
      'create-dependent worker',
    );
  });

  it('restores the borrowed tag in a rollback too', () => {
    const { old } = asItWas(worker);
    const unfinished = { ...COMPARED, unfinishedDependents: ['worker'] };
    const failure = { code: 'create-failed', message: 'no such device' } as const;
    const start = aState({ old }, { ...unfinished, goal: 'back', failure }, { candidate });
    expect(stepOf(start)).toBe('return-dependent-tag worker');
  });
});

describe('the rollback of dependents', () => {
  const restored = { ...BACK, restoredAt: NOON, touchedDependents: ['worker'] };
  const back = { old: aContainer({ startedAt: LATER }), candidate: null };

  it('continues without a dependent that cannot be started, and ends failed', () => {
    const { old } = asItWas(worker, { status: 'exited' });
    const abandoned = ['start-dependent worker'];
    const wanted = { ...restored, abandoned, dependentTroubles: ['worker cannot be started'] };
    const { end } = runRollout(aState({ old }, wanted, back));
    expect(end).toEqual({ name: 'finish', phase: 'failed', serving: 'old' });
  });

  it('tries to start a dependent that is gone, so that the refusal is reported', () => {
    expect(stepOf(aState({ old: null }, restored, back))).toBe('start-dependent worker');
  });

  it('stops a dependent that the engine started under its temporary name, and starts it under its own', () => {
    const { old } = asItWas(worker, { name: 'worker.deploy-old', startedAt: STILL_LATER });
    const { names, end } = runRollout(aState({ old }, restored, back));
    expect(names.slice(0, 3)).toEqual(['stop-dependent', 'return-dependent', 'start-dependent']);
    expect(end.phase).toBe('rolled-back');
  });

  it('joins a stop that may be in flight', () => {
    const { old } = asItWas(worker);
    const start = aState({ old }, { ...restored, stopIssued: false }, back);
    expect(stepOf(start)).toBe('stop-dependent worker');
  });

  it('leaves an untouched dependent alone', () => {
    const { old } = asItWas(worker, { startedAt: STILL_LATER });
    const start = aState({ old }, { ...restored, touchedDependents: [] }, back);
    expect(stepOf(start)).toBe('restore-tag');
  });

  it('starts the stopped dependents in an unknown state too', () => {
    const failure = { code: 'unknown-state', message: 'unknown' } as const;
    const { old } = asItWas(worker, { status: 'exited' });
    const start = aState({ old }, { ...restored, failure }, back);
    expect(stepOf(start)).toBe('start-dependent worker');
  });
});

describe('a failed new version that is left in its place', () => {
  const leaving = { ...SETTLING, ...BACK, goal: 'leave' as const, touchedDependents: ['worker'] };

  it('gets the dependents if it runs', () => {
    const replacement = inPlace({ status: 'created', startedAt: null });
    const { names, end } = runRollout(aState({ replacement }, leaving));
    expect(names).toEqual(['start-dependent', 'verify-dependent']);
    expect(end).toEqual({ name: 'finish', phase: 'failed', serving: 'new' });
  });

  it('leaves them stopped if it does not', () => {
    const seen = { old: disarmed, candidate: started({ status: 'exited' }) };
    const { names, end } = runRollout(aState({}, leaving, seen));
    expect([names, end.serving]).toEqual([[], 'none']);
  });
});

describe('what the engine shows of dependents but the journal does not', () => {
  const touchedOf = (
    state: Partial<DependentState>,
    seen: Partial<Snapshot>,
  ): readonly string[] => {
    const { snapshot, intent } = aState(state, PULLED, seen);
    return syncIntent(snapshot, intent).touchedDependents;
  };
  const made = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
  const prepared = { candidate: named({ name: 'web.deploy-new' }) };
  const stopped = asItWas(worker, { status: 'exited' }).old;

  it('includes a touched one: stopped when it could be its turn, renamed or replaced', () => {
    expect(touchedOf({ old: stopped, replacement: made }, prepared)).toEqual(['worker']);
    expect(touchedOf({ old: retired, replacement: made }, prepared)).toEqual(['worker']);
    expect(touchedOf({ old: null, replacement: inPlace() }, prepared)).toEqual(['worker']);
  });

  it('does not include one that runs, or ended before anything was prepared', () => {
    expect(touchedOf({ ...asItWas(worker), replacement: made }, prepared)).toEqual([]);
    expect(touchedOf({ old: stopped }, prepared)).toEqual([]);
    expect(touchedOf({ old: stopped, replacement: made }, { candidate: null })).toEqual([]);
  });
});
