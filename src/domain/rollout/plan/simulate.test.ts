import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { simulateRollout } from './simulate.js';
import { isServing } from '../networks.js';
import { isTouched } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import { isActive } from '../container-state.js';
import type { EngineStep } from '../step.js';
import { anIntent, aSnapshot, OLD_ID } from '../../testing/builders.js';
import { runRollout, type Run } from '../../testing/rollout-run.js';
import type { SimulatedState } from './simulated-state.js';
import { OVERLAPS, STARTS } from '../../testing/rollout-starts.js';

const ALONE = Object.entries(STARTS);
const CASES = [...ALONE, ...Object.entries(OVERLAPS)];

/** Steps whose failure triggers a rollback; the others only clean up. */
const TRIGGERING: readonly EngineStep['name'][] = [
  'pull',
  'clear-leftover',
  'create',
  'compare',
  'connect-new',
  'create-twin',
  'stop-old',
  'retire-old',
  'take-name',
  'start-new',
  'disarm-old',
  'verify-new',
  'make-waiting-network',
  'park-new',
  'join-new',
  'hand-over',
  'watch-new',
];

function planOf({ snapshot, intent }: SimulatedState): string[] {
  return simulateRollout(snapshot, intent).map((step) => step.name);
}

function containersOf({ old, candidate, twin }: Snapshot) {
  return [old, candidate, twin].filter((each) => each !== null);
}

/** What is wrong with the engine after a rollout has ended; empty if nothing is. */
function faultsOf({ last, end }: Run, start: SimulatedState): string[] {
  const { snapshot, intent } = last;
  if (end.phase === 'failed' && !isTouched(intent)) {
    const isAsBefore = isDeepStrictEqual(containersOf(snapshot), containersOf(start.snapshot));
    return isAsBefore ? [] : ['something was touched'];
  }
  const names = rolloutNames(intent.container);
  const all = containersOf(snapshot);
  const current = all.find((each) => each.name === names.final);
  const serving = all.filter(isActive);
  const { wasRunning } = start.intent.old;
  const isNew = end.phase === 'succeeded';
  const faults: string[] = [];
  if (snapshot.hasWaitingNetwork) faults.push('the waiting network is left behind');
  const networks = Object.keys(current?.networks ?? {});
  if (networks.join() !== intent.networks.map(({ name }) => name).join()) {
    faults.push(`it is on ${networks.join()}`);
  }
  if (all.length !== 1) faults.push(`${String(all.length)} containers are left`);
  if (current === undefined) faults.push('no container has the name');
  if (isNew !== (current === snapshot.candidate)) faults.push(`the wrong one has the name`);
  if ((isNew || wasRunning) && serving.length !== 1) faults.push(`${String(serving.length)} run`);
  if (current?.restartPolicy.name !== start.intent.old.restartPolicy.name) {
    faults.push('the restart policy is lost');
  }
  const served = isNew ? 'new' : wasRunning ? 'old' : 'none';
  if (end.serving !== served) faults.push(`it says that ${end.serving} serves`);
  return faults;
}

/** Steps that come twice in a row although the first one succeeded. */
function repeats({ moments }: Run): string[] {
  const twice = moments.filter(({ step }, index) => {
    const former = moments[index - 1];
    return former !== undefined && !former.failed && former.step.name === step.name;
  });
  return twice.map(({ step }) => `${step.name} is named twice`);
}

function endOf(start: SimulatedState, options: Parameters<typeof runRollout>[1] = {}): string[] {
  const run = runRollout(start, options);
  return [...faultsOf(run, start), ...repeats(run)];
}

/** Every way in which a rollout of this kind can fail once, and the run that follows. */
function failuresOf(start: SimulatedState): { readonly what: string; readonly run: Run }[] {
  const steps = runRollout(start).names.filter((name) => (TRIGGERING as string[]).includes(name));
  return (steps as EngineStep['name'][]).flatMap((step) =>
    [false, true].map((acted) => ({
      what: `${step} fails ${acted ? 'after' : 'before'} it acted`,
      run: runRollout(start, { fail: { step, code: 'engine-error', acted } }),
    })),
  );
}

describe('the plan', () => {
  const forward =
    'compare, stop-old, retire-old, take-name, start-new, disarm-old, verify-new, remove-old';

  it.each([
    ['a normal container', `pull, create, ${forward}, finish`],
    [
      'a container run with --rm',
      'pull, create, compare, create-twin, stop-old, take-name, start-new, verify-new, remove-twin, finish',
    ],
    ['a container on several networks', `pull, create, connect-new, ${forward}, finish`],
    ['a container with files that compose wrote', `pull, create, carry-files, ${forward}, finish`],
    ['a container with leftovers', `pull, clear-leftover, create, ${forward}, finish`],
    [
      'a container without a restart policy',
      `pull, create, ${forward.replace('disarm-old, ', '')}, finish`,
    ],
    ['a stopped container', `pull, create, ${forward.replace('stop-old, ', '')}, finish`],
    [
      'start-first',
      'pull, create, compare, start-new, verify-new, join-new, verify-new, stop-old, retire-old, take-name, disarm-old, remove-old, finish',
    ],
    [
      'start-first with drain and watch',
      'pull, create, compare, start-new, verify-new, join-new, verify-new, drain-old, stop-old, retire-old, take-name, disarm-old, watch-new, remove-old, finish',
    ],
    [
      'handover',
      'pull, create, compare, make-waiting-network, park-new, start-new, verify-new, join-new, verify-new, hand-over, arm-new, disarm-old, watch-new, stop-old, retire-old, take-name, remove-old, remove-waiting-network, finish',
    ],
    [
      'handover without macvlan',
      'pull, create, compare, make-waiting-network, park-new, start-new, verify-new, hand-over, arm-new, disarm-old, watch-new, stop-old, retire-old, take-name, remove-old, remove-waiting-network, finish',
    ],
  ])('of %s', (name, steps) => {
    const start = STARTS[name] ?? OVERLAPS[name];
    expect(start && planOf(start).join(', ')).toBe(steps);
  });

  it('ends with the step that gives up', () => {
    const snapshot = aSnapshot({ strangers: ['web.deploy-new'] });
    expect(planOf({ snapshot, intent: anIntent() })).toEqual(['give-up']);
  });

  it('is what the rollout then carries out', () => {
    for (const [, start] of CASES) {
      expect(planOf(start)).toEqual([...runRollout(start).names, 'finish']);
    }
  });
});

describe.each(CASES)('a rollout of %s', (_name, start) => {
  it('ends with only the new container, under the name', () => {
    expect(runRollout(start).end.phase).toBe('succeeded');
    expect(endOf(start)).toEqual([]);
  });

  it('ends with only the old container, under the name, whichever step fails', () => {
    for (const { what, run } of failuresOf(start)) {
      expect([what, ...faultsOf(run, start), ...repeats(run)]).toEqual([what]);
    }
  });

  it('ends rolled-back once the old container was touched, and failed before', () => {
    for (const { what, run } of failuresOf(start)) {
      const wasTouched = isTouched(run.last.intent);
      expect([what, run.end.phase]).toEqual([what, wasTouched ? 'rolled-back' : 'failed']);
    }
  });

  it('leaves a failed new container in its place with onFailure: leave', () => {
    const leaving = { ...start, intent: { ...start.intent, onFailure: 'leave' as const } };
    // By then the old container is gone with recreate, and otherwise the new one has taken everything over.
    const step = start.intent.strategy === 'recreate' ? 'verify-new' : 'remove-old';
    const fail = { step, code: 'unhealthy', acted: false } as const;
    const { last, end, names } = runRollout(leaving, { fail });
    const { old, candidate, twin } = last.snapshot;
    expect(end).toEqual({ name: 'finish', phase: 'failed', serving: 'new' });
    expect([candidate?.name, candidate?.status]).toEqual(['web', 'running']);
    const kept = old ?? twin;
    expect(kept?.name).toBe(start.intent.old.autoRemove ? 'web.deploy-twin' : 'web.deploy-old');
    const removals = names.filter((name) => name === 'remove-old').length;
    expect([kept && isActive(kept), removals]).toEqual([false, step === 'remove-old' ? 1 : 0]);
  });
});

describe('a crash of the server', () => {
  /** What a restarted server finds: the engine as it is, and the journal current or one step behind. */
  function findings(
    run: Run,
    start: SimulatedState,
  ): { readonly what: string; readonly found: SimulatedState }[] {
    return run.moments.flatMap(({ step, before, begun, after }, index) => {
      const { snapshot } = after;
      const found = [
        { what: 'before', found: before },
        { what: 'begun', found: { snapshot: before.snapshot, intent: begun } },
        { what: 'done, not journalled', found: { snapshot, intent: begun } },
        { what: 'done, journal behind', found: { snapshot, intent: before.intent } },
        { what: 'after', found: after },
      ];
      const untouched = before.intent === start.intent;
      return found
        .filter(({ what }) => what !== 'done, journal behind' || !untouched)
        .map((each) => ({ ...each, what: `${String(index)} ${step.name}: ${each.what}` }));
    });
  }

  it.each(CASES)('at any point of the way forward is recovered from: %s', (_name, start) => {
    for (const { what, found } of findings(runRollout(start), start)) {
      const run = runRollout(found);
      expect([what, run.end.phase, ...repeats(run)]).toEqual([what, 'succeeded']);
      expect([what, ...faultsOf(run, start)]).toEqual([what]);
    }
  });

  it.each(CASES)('at any point of the rollback is recovered from: %s', (_name, start) => {
    for (const failure of failuresOf(start)) {
      for (const { what, found } of findings(failure.run, start)) {
        const where = `${failure.what}, ${what}`;
        const run = runRollout(found);
        expect([where, ...faultsOf(run, start), ...repeats(run)]).toEqual([where]);
      }
    }
  });

  it('never makes the old and the new container run at once', () => {
    for (const [name, start] of ALONE) {
      for (const { what, run } of [
        { what: 'normal', run: runRollout(start) },
        ...failuresOf(start),
      ]) {
        const both = run.moments.filter(({ after: { snapshot } }) => {
          const running = containersOf(snapshot).filter(isActive);
          return running.length > 1;
        });
        expect([name, what, both.length]).toEqual([name, what, 0]);
      }
    }
  });

  it('never leaves neither serving with an overlapping strategy, nor both in a handover', () => {
    for (const [name, start] of Object.entries(OVERLAPS)) {
      for (const { what, run } of [
        { what: 'normal', run: runRollout(start) },
        ...failuresOf(start),
      ]) {
        const most = start.intent.strategy === 'handover' ? 1 : 2;
        const wrong = run.moments.filter(({ after: { snapshot, intent } }) => {
          const serving = containersOf(snapshot).filter((each) => isServing(each, intent));
          // A drained container has to be restarted in a rollback.
          const mayBeDown = intent.goal === 'back' && (intent.stopIssued || intent.drainIssued);
          return serving.length > most || (serving.length < 1 && !mayBeDown);
        });
        const steps = wrong.map(({ step }) => step.name);
        expect([name, what, steps]).toEqual([name, what, []]);
      }
    }
  });

  it('does not lose the id of the old container', () => {
    expect(runRollout({ snapshot: aSnapshot(), intent: anIntent() }).moments[3]?.step).toEqual({
      name: 'stop-old',
      id: OLD_ID,
    });
  });
});
