import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isAffected, type DependentState } from '../dependents.js';
import { simulateRollout } from '../plan/simulate.js';
import { isTouched } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import { isActive } from '../container-state.js';
import type { EngineStep, Step } from '../step.js';
import { aContainer, anIntent, aSnapshot } from '../../testing/builders.js';
import { aDependent, DEPENDENT_STARTS, withDependents } from '../../testing/dependent-starts.js';
import { runRollout, type Run } from '../../testing/rollout-run.js';
import type { SimulatedState } from '../plan/simulated-state.js';

const CASES = Object.entries(DEPENDENT_STARTS);

/** Steps whose failure triggers a rollback. */
const TURNING: readonly string[] = [
  'create-dependent',
  'stop-dependent',
  'stop-old',
  'retire-old',
  'take-name',
  'start-new',
  'disarm-old',
  'verify-new',
  'retire-dependent',
  'name-dependent',
  'start-dependent',
  'verify-dependent',
  'watch-new',
] satisfies EngineStep['name'][];

/** A step with the name of the container that it acts on. */
function shown(step: Step): string {
  if (!('of' in step)) return step.name;
  return `${step.name} ${step.id === step.of ? step.of : `new ${step.of}`}`;
}

function planOf({ snapshot, intent }: SimulatedState): string[] {
  return simulateRollout(snapshot, intent).map(shown);
}

function serverOf({ old, candidate }: Snapshot): string | null {
  return [candidate, old].find((each) => each?.name === 'web')?.startedAt ?? null;
}

/** What is wrong with the dependents after a rollout has ended; empty if nothing is. */
function faultsOf({ last, end }: Run, start: SimulatedState): string[] {
  const { snapshot, intent } = last;
  if (end.phase === 'failed' && !isTouched(intent)) {
    return isDeepStrictEqual(snapshot.dependents, start.snapshot.dependents)
      ? []
      : ['a dependent was touched'];
  }
  const isNew = end.phase === 'succeeded';
  const faults = isNew || end.phase === 'rolled-back' ? [] : [`it ended as ${end.phase}`];
  for (const dependent of intent.dependents.filter(isAffected)) {
    const { old, replacement } = snapshot.dependents[dependent.id] as DependentState;
    const isReplaced = isNew && dependent.does === 'recreate';
    const [stays, goes] = isReplaced ? [replacement, old] : [old, replacement];
    const { name } = dependent;
    if (goes !== null) faults.push(`the other ${name} is left`);
    if (stays?.name !== name) faults.push(`${name} is called ${stays?.name ?? 'nothing'}`);
    if (stays?.imageId !== dependent.imageId) faults.push(`${name} is of another image`);
    if ((stays !== null && isActive(stays)) !== dependent.wasRunning) {
      faults.push(`${name} is ${stays?.status ?? 'gone'}`);
    }
    const server = serverOf(snapshot);
    const isX = isNew || server !== start.intent.old.startedAt;
    const isOlder = Date.parse(stays?.startedAt ?? '') < Date.parse(server ?? '');
    if (dependent.wasRunning && isX && isOlder) faults.push(`${name} runs since before web`);
  }
  if (intent.unfinishedDependents.length > 0) faults.push('a tag was not given back');
  return faults;
}

/** The same with a note of where it happened. */
function wrongOf(what: string, run: Run, start: SimulatedState): string[] {
  return faultsOf(run, start).map((fault) => `${what}: ${fault} (${run.names.join(', ')})`);
}

/** Every way in which a rollout of this kind can fail once, at each occurrence of a step. */
function failuresOf(start: SimulatedState): { readonly what: string; readonly run: Run }[] {
  const { moments } = runRollout(start);
  return moments.flatMap(({ step, before, begun }, index) =>
    TURNING.includes(step.name)
      ? [false, true].map((acted) => {
          const { step: name } = { step: step.name as EngineStep['name'] };
          const fail = { step: name, code: 'engine-error', acted } as const;
          // It resumes just before the step, with what was journalled by then.
          const run = runRollout({ ...before, intent: { ...before.intent, ...begun } }, { fail });
          const what = `${String(index)}: ${shown(step)} fails ${acted ? 'after' : 'before'} it acted`;
          return { what, run };
        })
      : [],
  );
}

/** What a restarted server finds: the engine as it is, and the journal current or one step behind. */
function findings(
  run: Run,
  start: SimulatedState,
): { readonly what: string; readonly found: SimulatedState }[] {
  return run.moments.flatMap(({ step, before, begun, after }, index) => {
    const { snapshot } = after;
    const found = [
      // The state after a step is the state before the next one.
      ...(index === 0 ? [{ what: 'before', found: before }] : []),
      { what: 'begun', found: { snapshot: before.snapshot, intent: begun } },
      { what: 'done, not journalled', found: { snapshot, intent: begun } },
      { what: 'done, journal behind', found: { snapshot, intent: before.intent } },
      { what: 'after', found: after },
    ];
    return found
      .filter(({ what }) => what !== 'done, journal behind' || before.intent !== start.intent)
      .map((each) => ({ ...each, what: `${String(index)} ${shown(step)}: ${each.what}` }));
  });
}

describe('the plan of a service on which others depend', () => {
  it.each([
    [
      'a chain of three',
      [
        'pull',
        'create',
        'compare',
        'create-dependent worker',
        'create-dependent sidecar',
        'stop-dependent sidecar',
        'stop-dependent worker',
        'stop-old',
        'retire-old',
        'take-name',
        'start-new',
        'disarm-old',
        'verify-new',
        'retire-dependent worker',
        'name-dependent new worker',
        'retire-dependent sidecar',
        'name-dependent new sidecar',
        'start-dependent new worker',
        'start-dependent new sidecar',
        'verify-dependent new worker',
        'verify-dependent new sidecar',
        'remove-old',
        'remove-dependent worker',
        'remove-dependent sidecar',
        'finish',
      ],
    ],
    [
      'a dependent that compose restarts',
      [
        'pull',
        'create',
        'compare',
        'stop-old',
        'retire-old',
        'take-name',
        'start-new',
        'disarm-old',
        'verify-new',
        'stop-dependent app',
        'start-dependent app',
        'verify-dependent app',
        'remove-old',
        'finish',
      ],
    ],
  ])('of %s', (name, steps) => {
    const start = DEPENDENT_STARTS[name];
    expect(start && planOf(start)).toEqual(steps);
  });

  it('leaves dependents alone that need nothing', () => {
    const start = withDependents([aDependent({ does: 'nothing', by: ['volumes'] })]);
    expect(planOf(start)).toEqual(planOf({ snapshot: aSnapshot(), intent: anIntent() }));
  });

  it('gives up before anything is touched if a dependent is paused', () => {
    const start = withDependents([aDependent()]);
    const paused = aContainer({ id: 'worker', name: 'worker', status: 'paused' });
    const dependents = { worker: { old: paused, replacement: null, holder: null } };
    const run = runRollout({ ...start, snapshot: { ...start.snapshot, dependents } });
    expect(run.end).toMatchObject({ phase: 'failed', serving: 'old' });
    expect(run.last.intent.failure?.code).toBe('dependent-failed');
    expect(run.names).not.toContain('stop-old');
  });
});

describe.each(CASES)('a rollout with dependents: %s', (_name, start) => {
  it('ends with all of them on the new container', () => {
    const run = runRollout(start);
    expect([run.end.phase, ...faultsOf(run, start)]).toEqual(['succeeded']);
  });

  it('ends with all of them as before, whichever step fails', () => {
    const wrong = failuresOf(start).flatMap(({ what, run }) => wrongOf(what, run, start));
    expect(wrong).toEqual([]);
  });

  it('never removes an original while a rollback may be needed', () => {
    const names = runRollout(start).names;
    const first = names.indexOf('remove-dependent');
    expect(first === -1 || first > names.indexOf('remove-old')).toBe(true);
  });

  it('ends well wherever the server is killed going forward', () => {
    const wrong = findings(runRollout(start), start).flatMap(({ what, found }) => {
      const run = runRollout(found);
      const phases = run.end.phase === 'succeeded' ? [] : [`${what}: ${run.end.phase}`];
      return [...phases, ...wrongOf(what, run, start)];
    });
    expect(wrong).toEqual([]);
  });

  it('ends well wherever the server is killed in a rollback', () => {
    const wrong = failuresOf(start).flatMap((failure) =>
      findings(failure.run, start).flatMap(({ what, found }) =>
        wrongOf(`${failure.what}, ${what}`, runRollout(found), start),
      ),
    );
    expect(wrong).toEqual([]);
  }, 60_000);
});
