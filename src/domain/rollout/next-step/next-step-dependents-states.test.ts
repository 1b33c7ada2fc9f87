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

/** What takes the place of `worker`, as it is once it was started. */
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

function anOutlook(
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

function stepOf({ snapshot, intent }: ReturnType<typeof anOutlook>): string {
  const step = nextStep(snapshot, syncIntent(snapshot, intent));
  if (step.name === 'give-up') return `${step.name} ${step.code}: ${step.message}`;
  return 'id' in step ? `${step.name} ${step.id}` : step.name;
}

describe('a dependent in its new place', () => {
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
      'has not its name yet',
      { status: 'created', startedAt: null, name: 'worker.deploy-new' },
      'name-dependent new-worker',
    ],
    [
      'runs under its temporary name, by another hand',
      { name: 'worker.deploy-new' },
      'stop-dependent new-worker',
    ],
  ])('%s', (_name, parts, step) => {
    expect(stepOf(anOutlook({ replacement: inPlace(parts) }))).toBe(step);
  });

  it('went down with the engine, which is not its fault: starts it again', () => {
    const replacement = inPlace({ status: 'exited', exitCode: 255 });
    const candidate = started({ startedAt: LATER });
    const seen = { epoch: `${STILL_LATER} bridge`, old: disarmed, candidate };
    const wanted = { ...SETTLING, verifiedAt: LATER };
    expect(stepOf(anOutlook({ replacement }, wanted, seen))).toBe('start-dependent new-worker');
  });

  it('runs since before the new container was started anew: restarts it', () => {
    const seen = { old: disarmed, candidate: started({ startedAt: STILL_LATER }) };
    const wanted = { ...SETTLING, verifiedAt: STILL_LATER };
    const outlook = anOutlook({ replacement: inPlace() }, wanted, seen);
    expect(stepOf(outlook)).toBe('stop-dependent new-worker');
    expect(runRollout(outlook).names).toEqual([
      'stop-dependent',
      'start-dependent',
      'verify-dependent',
      'remove-old',
      'remove-dependent',
    ]);
  });

  it('may exit as it did before', () => {
    const replacement = inPlace({ status: 'exited' });
    const outlook = anOutlook({ replacement }, SETTLING, undefined, { proof: 'none' });
    expect(stepOf(outlook)).toBe('remove-old old-container');
  });

  it('is kept from its name by another container', () => {
    const replacement = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
    const holder = aContainer({ id: 'foreign', name: 'worker' });
    expect(stepOf(anOutlook({ replacement, holder }))).toContain('give-up name-taken');
  });

  it('was removed by somebody: makes it again', () => {
    expect(stepOf(anOutlook({}))).toBe('create-dependent worker');
  });

  it('does not matter where somebody removed both', () => {
    expect(stepOf(anOutlook({ old: null }))).toBe('remove-old old-container');
  });

  it('is left where the new one turned unhealthy meanwhile', () => {
    const replacement = inPlace();
    const wanted = { ...SETTLING, provedDependents: [`new-worker ${LATER}`] };
    const seen = { old: disarmed, candidate: started({ health: 'unhealthy' }) };
    expect(stepOf(anOutlook({ replacement }, wanted, seen))).toContain('give-up unhealthy');
  });
});

describe('an engine that was restarted and brought the old ones up', () => {
  it('stops the dependents before the old container', () => {
    const replacement = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
    const old = asItWas(worker, { startedAt: LATER }).old;
    const seen = { old: aContainer({ name: 'web.deploy-old' }), candidate: named() };
    const { names, end } = runRollout(anOutlook({ old, replacement }, STARTED, seen));
    expect(names.slice(0, 3)).toEqual(['stop-dependent', 'stop-old', 'start-new']);
    expect(end.phase).toBe('succeeded');
  });
});

describe('the creation of a dependent', () => {
  const made = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
  const candidate = named({ name: 'web.deploy-new' });

  it('is gone on with where it was not connected to all networks yet', () => {
    const old = asItWas(worker, { networks: { host: [], back: [] } }).old;
    const outlook = anOutlook({ old, replacement: made }, COMPARED, { candidate });
    expect(stepOf(outlook)).toBe('create-dependent worker');
    const replacement = { ...made, networks: { back: [] } };
    expect(stepOf(anOutlook({ old, replacement }, COMPARED, { candidate }))).toBe(
      'stop-dependent worker',
    );
  });

  it('is gone on with where it was interrupted, before anything is stopped', () => {
    const { old } = asItWas(worker);
    const wanted = { ...COMPARED, unfinishedDependents: ['worker'] };
    expect(stepOf(anOutlook({ old, replacement: made }, wanted, { candidate }))).toBe(
      'create-dependent worker',
    );
  });

  it('gives the tag back that it borrowed also on the way back', () => {
    const { old } = asItWas(worker);
    const unfinished = { ...COMPARED, unfinishedDependents: ['worker'] };
    const failure = { code: 'create-failed', message: 'no such device' } as const;
    const outlook = anOutlook({ old }, { ...unfinished, goal: 'back', failure }, { candidate });
    expect(stepOf(outlook)).toBe('return-dependent-tag worker');
  });
});

describe('the way back of dependents', () => {
  const restored = { ...BACK, restoredAt: NOON, touchedDependents: ['worker'] };
  const back = { old: aContainer({ startedAt: LATER }), candidate: null };

  it('goes on without one that cannot be started, and is not called a rollback', () => {
    const { old } = asItWas(worker, { status: 'exited' });
    const abandoned = ['start-dependent worker'];
    const wanted = { ...restored, abandoned, dependentTroubles: ['worker cannot be started'] };
    const { end } = runRollout(anOutlook({ old }, wanted, back));
    expect(end).toEqual({ name: 'finish', phase: 'failed', serving: 'old' });
  });

  it('asks the engine for one that is gone, so that its refusal is told', () => {
    expect(stepOf(anOutlook({ old: null }, restored, back))).toBe('start-dependent worker');
  });

  it('stops one that the engine brought up under its temporary name, and starts it under its own', () => {
    const { old } = asItWas(worker, { name: 'worker.deploy-old', startedAt: STILL_LATER });
    const { names, end } = runRollout(anOutlook({ old }, restored, back));
    expect(names.slice(0, 3)).toEqual(['stop-dependent', 'return-dependent', 'start-dependent']);
    expect(end.phase).toBe('rolled-back');
  });

  it('joins a stop that may be in flight', () => {
    const { old } = asItWas(worker);
    const outlook = anOutlook({ old }, { ...restored, stopIssued: false }, back);
    expect(stepOf(outlook)).toBe('stop-dependent worker');
  });

  it('leaves one alone that was not touched', () => {
    const { old } = asItWas(worker, { startedAt: STILL_LATER });
    const outlook = anOutlook({ old }, { ...restored, touchedDependents: [] }, back);
    expect(stepOf(outlook)).toBe('restore-tag');
  });

  it('starts those that were stopped also where nobody knows the state', () => {
    const failure = { code: 'unknown-state', message: 'nobody knows' } as const;
    const { old } = asItWas(worker, { status: 'exited' });
    const outlook = anOutlook({ old }, { ...restored, failure }, back);
    expect(stepOf(outlook)).toBe('start-dependent worker');
  });
});

describe('a failed new version that is left in its place', () => {
  const leaving = { ...SETTLING, ...BACK, goal: 'leave' as const, touchedDependents: ['worker'] };

  it('gets the dependents too, where it runs', () => {
    const replacement = inPlace({ status: 'created', startedAt: null });
    const { names, end } = runRollout(anOutlook({ replacement }, leaving));
    expect(names).toEqual(['start-dependent', 'verify-dependent']);
    expect(end).toEqual({ name: 'finish', phase: 'failed', serving: 'new' });
  });

  it('leaves them stopped where it does not', () => {
    const seen = { old: disarmed, candidate: started({ status: 'exited' }) };
    const { names, end } = runRollout(anOutlook({}, leaving, seen));
    expect([names, end.serving]).toEqual([[], 'none']);
  });
});

describe('what the engine shows of dependents and the journal does not know', () => {
  const touchedOf = (
    state: Partial<DependentState>,
    seen: Partial<Snapshot>,
  ): readonly string[] => {
    const { snapshot, intent } = anOutlook(state, PULLED, seen);
    return syncIntent(snapshot, intent).touchedDependents;
  };
  const made = inPlace({ name: 'worker.deploy-new', status: 'created', startedAt: null });
  const prepared = { candidate: named({ name: 'web.deploy-new' }) };
  const stopped = asItWas(worker, { status: 'exited' }).old;

  it('is that one was touched: it stopped when it could be its turn, or lost its name or place', () => {
    expect(touchedOf({ old: stopped, replacement: made }, prepared)).toEqual(['worker']);
    expect(touchedOf({ old: retired, replacement: made }, prepared)).toEqual(['worker']);
    expect(touchedOf({ old: null, replacement: inPlace() }, prepared)).toEqual(['worker']);
  });

  it('is not where it runs, or ended before anything was prepared', () => {
    expect(touchedOf({ ...asItWas(worker), replacement: made }, prepared)).toEqual([]);
    expect(touchedOf({ old: stopped }, prepared)).toEqual([]);
    expect(touchedOf({ old: stopped, replacement: made }, { candidate: null })).toEqual([]);
  });
});
