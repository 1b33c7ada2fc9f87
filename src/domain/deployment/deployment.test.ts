import { describe, expect, it } from 'vitest';
import {
  assertTransition,
  hasEnded,
  newDeployment,
  NOT_STARTED,
  PHASES,
  TRANSITIONS,
  UNDER_WAY,
  type Phase,
} from './deployment.js';
import { DeployError } from '../errors.js';
import { aDeployment, NOON } from '../testing/builders.js';

const FIRST: Phase = 'waiting';

/** Every phase that can follow, directly or eventually. */
function reachableFrom(phase: Phase, found = new Set<Phase>()): Set<Phase> {
  for (const next of TRANSITIONS[phase]) {
    if (found.has(next)) continue;
    found.add(next);
    reachableFrom(next, found);
  }
  return found;
}

function codeOf(from: Phase, to: Phase): string | null {
  try {
    assertTransition(from, to);
    return null;
  } catch (error) {
    if (error instanceof DeployError) return error.code;
    throw error;
  }
}

describe('the table of phases', () => {
  it('reaches every phase from the first', () => {
    const reached = reachableFrom(FIRST).add(FIRST);
    expect([...reached].sort()).toEqual([...PHASES].sort());
  });

  it.each(PHASES)('lets every path end: %s', (phase) => {
    const ends = [...reachableFrom(phase)].filter(hasEnded);
    expect(hasEnded(phase) ? reachableFrom(phase).size : ends.length > 0).toBe(
      hasEnded(phase) ? 0 : true,
    );
  });

  it('returns only from the queue to waiting: nothing that has started waits again', () => {
    const before = PHASES.filter((phase) => TRANSITIONS[phase].includes('waiting'));
    expect(before).toEqual(['queued']);
    for (const phase of UNDER_WAY) {
      expect(NOT_STARTED.some((each) => reachableFrom(phase).has(each))).toBe(false);
    }
  });

  it('never rolls back a rollback', () => {
    expect(reachableFrom('rolling-back').has('running')).toBe(false);
    expect(reachableFrom('rolling-back').has('succeeded')).toBe(false);
  });

  it('lets a deployment be superseded, cancelled, rejected or expire only before its start', () => {
    const neverStarted: readonly Phase[] = ['superseded', 'cancelled', 'rejected', 'expired'];
    for (const phase of UNDER_WAY) {
      expect(neverStarted.filter((each) => reachableFrom(phase).has(each))).toEqual([]);
    }
  });

  it('is enforced: a transition that it does not allow throws', () => {
    for (const from of PHASES) {
      for (const to of PHASES) {
        const isAllowed = from === to || TRANSITIONS[from].includes(to);
        expect([from, to, codeOf(from, to)]).toEqual([from, to, isAllowed ? null : 'wrong-phase']);
      }
    }
  });

  it('reports which transition was refused', () => {
    expect(() => {
      assertTransition('succeeded', 'running');
    }).toThrow('a deployment that is succeeded cannot become running');
  });
});

describe('a new deployment', () => {
  it('waits for the registry and knows no digest', () => {
    const { phase, waitingFor, digest, createdAt, force, pinned } = aDeployment();
    expect({ phase, waitingFor, digest, createdAt, force, pinned }).toEqual({
      phase: 'waiting',
      waitingFor: 'registry',
      digest: null,
      createdAt: NOON,
      force: false,
      pinned: false,
    });
  });

  it('keeps what was requested', () => {
    const trigger = { kind: 'api', by: 'ci', delivery: null } as const;
    const wanted = { id: '1', environment: 'e', service: 's', image: 'i', tag: 't', trigger };
    const made = newDeployment({ ...wanted, digest: 'd', force: true, pinned: true }, NOON);
    expect(made).toMatchObject({ ...wanted, digest: 'd', force: true, pinned: true });
  });
});
