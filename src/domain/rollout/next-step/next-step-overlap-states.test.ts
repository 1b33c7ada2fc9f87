import { afterAll, describe, expect, it } from 'vitest';
import { ALL_TRIALS, recordTrials } from '../../../../test/support/trials.js';
import { isServing } from '../networks.js';
import { isTouched, type RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, type ContainerState } from '../container-state.js';
import {
  aCandidate,
  aContainer,
  ALWAYS,
  anOverlap,
  NEVER,
  NEW_IMAGE,
} from '../../testing/builders.js';
import { runRollout, type Run } from '../../testing/rollout-run.js';
import type { SimulatedState } from '../plan/simulated-state.js';

/*
 * All small states of the two strategies in which two containers run at once, including those that no rollout
 * leads to. By default one in seven of them, among which every container and every intent occurs.
 * `npm run test:faults`: all of them.
 */
const EVERY = ALL_TRIALS ? 1 : 7;
/** Minutes, for on a busy machine a second of computing may take as long. */
const TIMEOUT_MS = 600_000;

const LATER = '2026-01-01T12:00:05.000Z';
const WAITING = '0-deploy-wait-br0';
const OWN = { front: ['shop'] };
const NAMED = { front: ['shop', 'web'] };
const FAILED = { code: 'exited', message: 'it exited' } as const;

function* oldContainers(): Generator<ContainerState | null> {
  yield null;
  for (const name of ['web', 'web.deploy-old']) {
    for (const status of ['running', 'restarting', 'exited'] as const) {
      for (const networks of [{}, OWN]) {
        for (const restartPolicy of [ALWAYS, NEVER]) {
          yield aContainer({ name, status, networks, restartPolicy });
        }
      }
      yield aContainer({ name, status, networks: OWN, unpublished: unpublishedOf(status) });
    }
  }
}

/** Visible only while the container runs. */
function unpublishedOf(status: ContainerState['status']): readonly string[] {
  return status === 'running' ? ['80/tcp'] : [];
}

function* candidates(): Generator<ContainerState | null> {
  yield null;
  for (const name of ['web.deploy-new', 'web', 'web.deploy-failed']) {
    for (const status of ['created', 'running', 'restarting', 'exited'] as const) {
      for (const networks of [
        {},
        { front: [] },
        NAMED,
        { [WAITING]: [] },
        { [WAITING]: [], ...NAMED },
      ]) {
        for (const restartPolicy of [ALWAYS, NEVER]) {
          const startedAt = status === 'created' ? null : LATER;
          yield aCandidate({ name, status, networks, restartPolicy, startedAt });
        }
      }
      const unpublished = unpublishedOf(status);
      if (unpublished.length === 0) continue;
      yield aCandidate({ name, status, networks: NAMED, startedAt: LATER, unpublished });
    }
  }
}

function* intents(strategy: 'start-first' | 'handover'): Generator<RolloutIntent> {
  const { intent } = anOverlap(strategy);
  const turns = [
    { goal: 'forward', failure: null },
    { goal: 'back', failure: FAILED },
    { goal: 'leave', failure: FAILED, onFailure: 'leave' },
  ] as const;
  for (const turn of turns) {
    for (const startedInEpoch of [null, 'epoch-0', 'epoch-1']) {
      for (const verifiedAt of [null, LATER]) {
        for (const [stopIssued, detachIssued] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ] as const) {
          if (verifiedAt !== null && startedInEpoch === null) continue;
          if (detachIssued && strategy === 'start-first') continue;
          const drain = { signal: 'SIGUSR1', http: null, waitMs: 0 };
          const progress = { startedInEpoch, verifiedAt, stopIssued, detachIssued };
          yield { ...intent, ...turn, ...progress, drain, imageId: NEW_IMAGE };
        }
      }
    }
  }
}

function* states(strategy: 'start-first' | 'handover'): Generator<SimulatedState> {
  const { snapshot: base } = anOverlap(strategy);
  const wanted = [...intents(strategy)];
  for (const old of oldContainers()) {
    for (const candidate of candidates()) {
      if (old?.name === 'web' && candidate?.name === 'web') continue;
      for (const hasWaitingNetwork of [false, true]) {
        const isOn = candidate !== null && WAITING in candidate.networks;
        if (isOn !== hasWaitingNetwork) continue;
        if (isOn && strategy === 'start-first') continue;
        const snapshot: Snapshot = { ...base, old, candidate, hasWaitingNetwork };
        for (const intent of wanted) yield { snapshot, intent };
      }
    }
  }
}

/** What is wrong with the steps from a state to the end. */
function faultsOf(start: SimulatedState): string[] {
  const run = runRollout(start);
  const { moments, last, end } = run;
  const faults = moments
    .filter(({ step }, index) => moments[index - 1]?.step.name === step.name)
    .map(({ step }) => `repeats ${step.name}`);
  for (const { step, before } of moments) {
    const { old, candidate } = before.snapshot;
    const target = [old, candidate].find(
      (each) => each !== null && 'id' in step && each.id === step.id,
    );
    if (step.name === 'retire-old' && target != null && isActive(target)) {
      faults.push('renames the old container while it runs');
    }
    const isCommitting = step.name === 'remove-old';
    if (isCommitting && !isServing(candidate, before.intent))
      faults.push('commits without a new container');
    if (isCommitting && before.intent.goal !== 'forward')
      faults.push('removes the old container in a rollback');
    // A new container of that name is being rolled back, whatever the journal says.
    const isForward = before.intent.goal === 'forward' && candidate?.name !== 'web.deploy-failed';
    const isTaking = step.name === 'stop-old' && isForward;
    // A container that keeps crashing does not serve.
    const isServingStill = target?.status === 'running';
    if (isTaking && isServingStill && !isServing(candidate, before.intent))
      faults.push('stops the old container too early');
  }
  if (last.snapshot.hasWaitingNetwork) faults.push('leaves the waiting network behind');
  if (isOutage(run)) faults.push('leaves the service down although the old container could serve');
  const { old, candidate } = last.snapshot;
  const serving = [old, candidate].filter((each) => isServing(each, last.intent));
  if (end.phase === 'succeeded' && serving.length !== 1)
    faults.push('ends with no single serving container');
  return faults.map((fault) => `${fault}: ${run.names.join(', ')}`);
}

function isOutage({ last: { snapshot, intent }, end }: Run): boolean {
  const { old } = snapshot;
  const isTried = intent.goal === 'back' && intent.restoreFailed === null;
  // A container that the rollout never touched was stopped by something else.
  if (!isTried || !isTouched(intent) || old === null) return false;
  return end.serving === 'none' && !isCrashLooping(old);
}

/** Such a container is restored as far as a rollout can. */
function isCrashLooping({ status }: ContainerState): boolean {
  return status === 'restarting';
}

function described({ snapshot: { old, candidate }, intent }: SimulatedState): string {
  const shown = [old, candidate].map((each) =>
    each === null
      ? '-'
      : `${each.name} ${each.status} on ${JSON.stringify(each.networks)} ${each.restartPolicy.name}`,
  );
  const { goal, startedInEpoch, verifiedAt, stopIssued, detachIssued } = intent;
  return JSON.stringify([...shown, { goal, startedInEpoch, verifiedAt, stopIssued, detachIssued }]);
}

const tried: (readonly [string, number, number])[] = [];
afterAll(() =>
  recordTrials('states-of-overlapping-rollouts', {
    title: 'Every state in which a rollout by start-first or handover may be found',
    command: 'npm run test:faults -- next-step-overlap-states.test.ts',
    columns: ['strategy', 'states that were led to an end', 'faults'],
    rows: tried,
  }),
);

describe.each(['start-first', 'handover'] as const)('any state of %s', (strategy) => {
  it(
    'leads to an end without a harmful step',
    () => {
      const faults: string[] = [];
      let count = 0;
      for (const state of states(strategy)) {
        count++;
        if (count % EVERY !== 0) continue;
        // Only the first few are shown: one defect affects many states.
        if (faults.length > 5) break;
        let found: string[];
        try {
          found = faultsOf(state);
        } catch (error) {
          found = [String(error)];
        }
        faults.push(...found.map((fault) => `${fault} FROM ${described(state)}`));
      }
      tried.push([strategy, Math.floor(count / EVERY), faults.length]);
      expect(faults).toEqual([]);
      expect(count).toBeGreaterThan(10_000);
    },
    TIMEOUT_MS,
  );
});

describe('an old container that was removed while the new one serves', () => {
  it.each(['start-first', 'handover'] as const)(
    'does not make %s fail for the health of the new one',
    (strategy) => {
      const { snapshot, intent } = anOverlap(strategy);
      const candidate = aCandidate({
        name: 'web',
        status: 'running',
        networks: NAMED,
        startedAt: LATER,
        health: 'unhealthy',
      });
      const state = {
        snapshot: { ...snapshot, old: null, candidate },
        intent: {
          ...intent,
          imageId: NEW_IMAGE,
          startedInEpoch: 'epoch-1',
          verifiedAt: LATER,
          stopIssued: true,
          watchMs: 5_000,
        },
      };
      expect(runRollout(state).end).toMatchObject({ phase: 'succeeded', serving: 'new' });
    },
  );
});
