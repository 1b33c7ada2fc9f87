import { afterAll, describe, expect, it } from 'vitest';
import { ALL_TRIALS, recordTrials } from '../../../../test/support/trials.js';
import type { RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import { isActive, type ContainerState } from '../container-state.js';
import type { Step } from '../step.js';
import {
  aCandidate,
  aContainer,
  ALWAYS,
  anIntent,
  aSnapshot,
  aTwin,
  NEVER,
  NEW_IMAGE,
  NOON,
} from '../../testing/builders.js';
import { runRollout, type Moment, type Run } from '../../testing/rollout-run.js';
import type { SimulatedState } from '../plan/simulated-state.js';

/*
 * All small states, including those that no rollout leads to: a manual change on the engine or a crash
 * at the wrong moment may produce any of them. By default one in seven of them, among which every
 * container and every intent occurs. `npm run test:faults`: all of them.
 */
const EVERY = ALL_TRIALS ? 1 : 7;
/** Minutes, for on a busy machine a second of computing may take as long. */
const TIMEOUT_MS = 600_000;

const STATUSES = ['created', 'running', 'paused', 'restarting', 'exited', 'dead'] as const;
const BOOLEANS = [false, true] as const;
const LATER = '2026-01-01T12:00:05.000Z';

/** All combinations of one value of each list. */
function* combinations<T extends Record<string, readonly unknown[]>>(
  lists: T,
): Generator<{ [Key in keyof T]: T[Key][number] }> {
  const [first, ...rest] = Object.entries(lists);
  if (first === undefined) {
    yield {} as { [Key in keyof T]: T[Key][number] };
    return;
  }
  const [key, values] = first;
  for (const others of combinations(Object.fromEntries(rest))) {
    for (const value of values) {
      yield { [key]: value, ...others } as { [Key in keyof T]: T[Key][number] };
    }
  }
}

function* oldContainers(autoRemove: boolean): Generator<ContainerState | null> {
  yield null;
  const names = ['web', 'web.deploy-old', 'renamed'];
  const policies = autoRemove ? [NEVER] : [ALWAYS, NEVER];
  for (const each of combinations({ name: names, status: STATUSES, restartPolicy: policies })) {
    const isNew = each.status === 'created';
    if (isNew && each.name !== 'web') continue;
    // Equivalent to exited.
    if (each.status === 'dead') continue;
    // Only a retired container is disarmed.
    if (each.restartPolicy === NEVER && each.name !== 'web.deploy-old' && !autoRemove) continue;
    yield aContainer({ ...each, autoRemove, startedAt: isNew ? null : NOON });
  }
}

function* candidates(autoRemove: boolean): Generator<ContainerState | null> {
  yield null;
  const names = ['web.deploy-new', 'web', 'web.deploy-failed', 'renamed'];
  const errors = ['', 'port is already allocated', 'no such device'];
  for (const each of combinations({ name: names, status: STATUSES, error: errors })) {
    const startedAt = each.status === 'created' ? null : LATER;
    const isRefused = each.error !== '';
    if (isRefused && (each.name !== 'web' || isActive(aContainer(each)))) continue;
    const restartPolicy = autoRemove || each.name === 'web.deploy-failed' ? NEVER : ALWAYS;
    yield aCandidate({ ...each, autoRemove, startedAt, restartPolicy });
  }
}

function* twins(autoRemove: boolean): Generator<ContainerState | null> {
  yield null;
  if (!autoRemove) return;
  for (const name of ['web.deploy-twin', 'web']) {
    yield aTwin({ name });
    yield aTwin({ name, status: 'running', startedAt: LATER });
  }
}

function* intents(autoRemove: boolean): Generator<RolloutIntent> {
  const exited = { code: 'exited', message: 'it exited' } as const;
  const unknown = { code: 'unknown-state', message: 'unknown' } as const;
  const lists = {
    turn: [
      { goal: 'forward', failure: null },
      { goal: 'back', failure: exited },
      { goal: 'back', failure: unknown },
      { goal: 'leave', failure: exited },
    ] as const,
    stopIssued: BOOLEANS,
    startedInEpoch: [null, 'epoch-0', 'epoch-1'],
    // A container run with --rm does not exist while it is stopped.
    wasRunning: autoRemove ? [true] : BOOLEANS,
    isProved: BOOLEANS,
    restoreFailed: [null, 'start-old is not possible'],
  };
  for (const { turn, wasRunning, isProved, ...rest } of combinations(lists)) {
    const isForward = turn.goal === 'forward';
    if (isForward && rest.restoreFailed !== null) continue;
    if (isProved && rest.startedInEpoch === null) continue;
    if (turn.failure === unknown && isProved) continue;
    yield anIntent({
      ...rest,
      ...turn,
      imageId: NEW_IMAGE,
      verifiedAt: isForward && isProved ? LATER : null,
      restoredAt: !isForward && isProved ? LATER : null,
      old: {
        wasRunning,
        autoRemove,
        restartPolicy: autoRemove ? NEVER : ALWAYS,
        record: autoRemove ? { body: {} } : null,
      },
    });
  }
}

function* snapshots(autoRemove: boolean): Generator<Snapshot> {
  const lists = {
    old: [...oldContainers(autoRemove)],
    candidate: [...candidates(autoRemove)],
    twin: [...twins(autoRemove)],
    holder: [null, aContainer({ id: 'foreign', name: 'web' })],
  };
  for (const parts of combinations(lists)) {
    const named = Object.values(parts).filter((each) => each?.name === 'web');
    if (named.length <= 1) yield aSnapshot(parts);
  }
}

/** A twin is started only if the old container is gone and the new one has lost its name. */
function isTwinStartedManually({ old, candidate, twin }: Snapshot, intent: RolloutIntent): boolean {
  if (twin === null || !isActive(twin)) return false;
  if (old !== null) return true;
  const isForward = intent.goal === 'forward';
  return isForward && candidate !== null && candidate.name !== 'web.deploy-failed';
}

function ofId(snapshot: Snapshot, step: Step): ContainerState | null {
  const { old, candidate, twin } = snapshot;
  const id = 'id' in step ? step.id : null;
  return [old, candidate, twin].find((each) => each !== null && each.id === id) ?? null;
}

const RENAMING: readonly Step['name'][] = [
  'retire-old',
  'take-name',
  'set-aside-new',
  'return-name',
];

/** What a step must never do, whatever the state. */
function wrongOf({ step, before: { snapshot, intent } }: Moment): string[] {
  const { old, candidate, twin } = snapshot;
  const target = ofId(snapshot, step);
  const isBack = intent.goal !== 'forward';
  const oldServes = [old, twin].some((each) => each !== null && isActive(each));
  const wrong: string[] = [];
  const forbid = (what: string, isSo: boolean): void => {
    if (isSo) wrong.push(what);
  };
  forbid('acts on a container that does not exist', 'id' in step && target === null);
  forbid('starts the new container beside the old one', step.name === 'start-new' && oldServes);
  const startsOld = step.name === 'start-old';
  const isBeside = candidate !== null && isActive(candidate);
  const isKnown = intent.failure?.code !== 'unknown-state';
  forbid('starts the old container beside the new one', startsOld && isBeside && isKnown);
  const isRenaming = RENAMING.includes(step.name) && target !== null;
  forbid('renames a running container', isRenaming && isActive(target));
  forbid('removes the old container in a rollback', isBack && step.name === 'remove-old');
  const mustServe = isBack && intent.stopIssued && intent.old.wasRunning;
  forbid(
    'removes the new container before the old one serves',
    mustServe && step.name === 'remove-new' && !oldServes,
  );
  const isFinal = step.name === 'remove-twin' && isBack;
  forbid('removes the twin that a rollback needs', isFinal && old === null);
  const isUnneeded = step.name === 'stop-old' && isBack && target?.startedAt !== NOON;
  forbid('stops the restored old container under its name', isUnneeded && target?.name === 'web');
  const isUnrestorable = old === null && twin === null && intent.old.record === null;
  const isTaking = step.name === 'stop-new' || step.name === 'remove-new';
  forbid('stops the last container', intent.stopIssued && isUnrestorable && isTaking && isBack);
  const isCommitting = step.name === 'remove-old' || step.name === 'remove-twin';
  const newServes = candidate !== null && isActive(candidate);
  forbid('commits without a new container', !isBack && isCommitting && !newServes);
  return wrong;
}

function judge(state: SimulatedState): string[] {
  const run = runRollout(state);
  const { moments } = run;
  const twice = moments.filter(({ step }, index) => moments[index - 1]?.step.name === step.name);
  const wrong = [...moments.flatMap(wrongOf), ...twice.map(({ step }) => `repeats ${step.name}`)];
  if (isOutage(run)) wrong.push('leaves the service down although the old container could serve');
  return wrong.map((each) => `${each}: ${run.names.join(', ')}`);
}

/** Whether nothing serves at the end of a rollback that was possible. */
function isOutage({ last: { snapshot, intent }, end }: Run): boolean {
  const { old, twin } = snapshot;
  const isTried = intent.goal === 'back' && intent.restoreFailed === null;
  const isKnown = intent.failure?.code !== 'unknown-state';
  const hasWay = old !== null || twin !== null || intent.old.record !== null;
  const mustServe = intent.old.wasRunning && intent.stopIssued;
  // A container that was paused manually or keeps restarting is restored as far as a rollout can.
  const isBack = [old, twin].some((each) => each !== null && isActive(each));
  return isTried && isKnown && hasWay && mustServe && !isBack && end.serving !== 'old';
}

function describeState({ snapshot, intent }: SimulatedState): string {
  const { old, candidate, twin, holder } = snapshot;
  const containers = { old, candidate, twin, holder };
  const shown = Object.entries(containers).map(
    ([role, each]) => `${role} ${each === null ? '-' : `${each.name} ${each.status}`}`,
  );
  const { goal, failure, stopIssued, startedInEpoch, verifiedAt, restoredAt } = intent;
  const { wasRunning } = intent.old;
  const wanted = { goal, failure: failure?.code, stopIssued, startedInEpoch, wasRunning };
  return JSON.stringify([...shown, candidate?.error, { ...wanted, verifiedAt, restoredAt }]);
}

describe('any state', () => {
  const tried: (readonly [string, number, number])[] = [];
  afterAll(() =>
    recordTrials('states-of-a-recreate', {
      title: 'Every state in which a rollout by recreate may be found',
      command: 'npm run test:faults -- next-step-states.test.ts',
      columns: ['the old one is', 'states that were led to an end', 'faults'],
      rows: tried,
    }),
  );

  it.each([
    ['a normal container', false, 50_000],
    ['a container run with --rm', true, 50_000],
  ] as const)(
    'leads to an end without a harmful step: %s',
    (name, autoRemove, atLeast) => {
      const wanted = [...intents(autoRemove)];
      const faults: string[] = [];
      let count = 0;
      for (const snapshot of snapshots(autoRemove)) {
        for (const intent of wanted) {
          if (isTwinStartedManually(snapshot, intent)) continue;
          count++;
          if (count % EVERY !== 0) continue;
          const state = { snapshot, intent };
          // Only the first few are shown: one defect affects thousands of states.
          if (faults.length > 5) break;
          faults.push(...judge(state).map((fault) => `${fault} FROM ${describeState(state)}`));
        }
      }
      tried.push([name, Math.floor(count / EVERY), faults.length]);
      expect(faults).toEqual([]);
      expect(count).toBeGreaterThan(atLeast);
    },
    TIMEOUT_MS,
  );
});
