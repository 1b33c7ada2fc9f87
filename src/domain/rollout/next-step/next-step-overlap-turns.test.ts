import { describe, expect, it } from 'vitest';
import { syncIntent } from './sync-intent.js';
import { nextStep } from './next-step.js';
import type { RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import type { ContainerState } from '../container-state.js';
import type { Step } from '../step.js';
import {
  aCandidate,
  aContainer,
  ALWAYS,
  anOverlap,
  NEVER,
  NEW_IMAGE,
  NOON,
} from '../../testing/builders.js';
import { runRollout } from '../../testing/rollout-run.js';

/*
 * What goes wrong while two containers run at once. The old one is on `front` as `shop`; the new one started at
 * noon and became healthy two seconds later.
 */

const VERIFIED = '2026-01-01T12:00:02.000Z';
const LATER = '2026-01-01T12:00:05.000Z';
const OWN = { front: ['shop'] };
const NAMED = { front: ['shop', 'web'] };
const WAITING = { '0-deploy-wait-br0': [] };
const EXITED = { code: 'exited', message: 'it exited' } as const;
const BACK = { goal: 'back', failure: EXITED } as const;

type Strategy = 'start-first' | 'handover';

/** A rollout by one strategy, with what differs from {@link anOverlap}. */
function aRollout(
  strategy: Strategy,
  snapshot: Partial<Snapshot>,
  intent: Partial<RolloutIntent> = {},
): { snapshot: Snapshot; intent: RolloutIntent } {
  const base = anOverlap(strategy);
  const started = { imageId: NEW_IMAGE, startedInEpoch: 'epoch-1', verifiedAt: VERIFIED };
  return {
    snapshot: { ...base.snapshot, ...snapshot },
    intent: { ...base.intent, ...started, ...intent },
  };
}

function aNew(parts: Partial<ContainerState> = {}): ContainerState {
  return aCandidate({ status: 'running', startedAt: NOON, networks: NAMED, ...parts });
}

function anOld(parts: Partial<ContainerState> = {}): ContainerState {
  return aContainer({ networks: OWN, ...parts });
}

/** The first step, once the intent is in sync with the engine. */
function firstStep({ snapshot, intent }: ReturnType<typeof aRollout>): Step {
  return nextStep(snapshot, syncIntent(snapshot, intent));
}

/** The names of all steps to the end, and the end. */
function wayOf(rollout: ReturnType<typeof aRollout>): string {
  const { names, end } = runRollout(rollout);
  return [...names, end.phase, end.serving].join(', ');
}

const HANDED_OVER = { detachIssued: true, reconnectedAt: LATER };
const DETACHED = anOld({ networks: {}, restartPolicy: NEVER });

describe('a new container that keeps crashing after it took over the ports', () => {
  it('is stopped before the networks are handed back: a restarting container cannot be disconnected', () => {
    const candidate = aNew({ status: 'restarting', restartCount: 1 });
    const rollout = aRollout('handover', { old: DETACHED, candidate }, { ...HANDED_OVER, ...BACK });
    expect(wayOf(rollout)).toMatch(/^stop-new, hand-back, .*rolled-back, old$/);
  });
});

describe('an old container that keeps crashing', () => {
  it('is stopped instead of being disconnected', () => {
    const old = anOld({ status: 'restarting' });
    const candidate = aNew({ networks: { ...NAMED, ...WAITING } });
    const rollout = aRollout('handover', { old, candidate, hasWaitingNetwork: true });
    expect(wayOf(rollout)).toMatch(/^stop-old, hand-over, .*succeeded, new$/);
  });
});

describe('ports that the engine did not bind', () => {
  const unpublished = ['80/tcp'];

  it('are requested again', () => {
    const rollout = aRollout(
      'handover',
      { old: DETACHED, candidate: aNew({ unpublished }) },
      HANDED_OVER,
    );
    expect(firstStep(rollout)).toMatchObject({ name: 'hand-over' });
  });

  it('are requested again in a rollback', () => {
    const old = anOld({ unpublished, restartPolicy: NEVER });
    const candidate = aNew({ networks: {} });
    const rollout = aRollout('handover', { old, candidate }, { ...HANDED_OVER, ...BACK });
    expect(firstStep(rollout)).toMatchObject({ name: 'hand-back' });
  });
});

describe('an old container that cannot be connected while it runs', () => {
  it('is restarted', () => {
    const rollout = aRollout(
      'handover',
      { old: DETACHED, candidate: aNew({ networks: {} }) },
      { ...HANDED_OVER, ...BACK, abandoned: ['hand-back'] },
    );
    expect(wayOf(rollout)).toMatch(
      /^stop-old, hand-back, rearm-old, start-old, verify-old, .*rolled-back, old$/,
    );
  });
});

describe('a new container that was restarted after it became healthy', () => {
  it.each(['start-first', 'handover'] as const)(
    'has to pass its check again, with %s',
    (strategy) => {
      const isHandover = strategy === 'handover';
      const candidate = aNew({ startedAt: LATER, health: 'starting', restartPolicy: ALWAYS });
      const rollout = aRollout(
        strategy,
        { old: isHandover ? DETACHED : anOld(), candidate },
        isHandover ? { ...HANDED_OVER, watchedAt: LATER } : {},
      );
      expect(firstStep(rollout)).toMatchObject({ name: 'verify-new' });
    },
  );
});

describe('a new container that turned bad before the old one was touched', () => {
  const drain = { signal: 'SIGUSR1', http: null, waitMs: 1_000 };

  it.each([
    ['unhealthy', { health: 'unhealthy' }],
    ['exited', { status: 'restarting', exitCode: 3 }],
    ['exited', { restartCount: 1, exitCode: 3 }],
  ] as const)('ends the rollout as %s: %o', (code, parts) => {
    for (const strategy of ['start-first', 'handover'] as const) {
      const networks = strategy === 'handover' ? { ...NAMED, ...WAITING } : NAMED;
      const candidate = aNew({ networks, ...parts });
      const hasWaitingNetwork = strategy === 'handover';
      const rollout = aRollout(strategy, { candidate, hasWaitingNetwork }, { drain });
      expect(firstStep(rollout)).toMatchObject({ name: 'give-up', code });
      expect(wayOf(rollout)).toMatch(/failed, old$/);
    }
  });
});

describe('a drain that only waits', () => {
  const drain = { signal: null, http: null, waitMs: 2_000 };

  it.each(['start-first', 'handover'] as const)(
    'does not affect the old container with %s, which keeps serving when the new one fails',
    (strategy) => {
      const networks = strategy === 'handover' ? { ...NAMED, ...WAITING } : NAMED;
      const rollout = aRollout(
        strategy,
        { candidate: aNew({ networks }), hasWaitingNetwork: strategy === 'handover' },
        { drain, watchMs: 0 },
      );
      const run = runRollout(rollout, {
        fail: { step: 'drain-old', code: 'exited', acted: true },
      });
      expect(run.names).not.toContain('stop-old');
      expect(run.end).toMatchObject({ phase: 'failed', serving: 'old' });
    },
  );
});

describe('an old container that an engine restarted during a handover connected in its own way', () => {
  const old = anOld({ networks: { front: [] } });

  it.each<readonly [string, ContainerState]>([
    ['does not run', aNew({ status: 'exited', finishedAt: LATER, networks: {} })],
    ['is not healthy yet', aNew({ networks: { ...NAMED, ...WAITING } })],
  ])('gets its aliases back first if the new one %s', (_what, candidate) => {
    const intent = { ...HANDED_OVER, startedInEpoch: 'epoch-0', verifiedAt: null };
    const rollout = aRollout('handover', { old, candidate, hasWaitingNetwork: true }, intent);
    expect(firstStep(rollout)).toMatchObject({ name: 'hand-back' });
  });

  it('gets them back too if it has ended without a network', () => {
    const ended = anOld({ networks: {}, status: 'exited', finishedAt: LATER });
    const candidate = aNew({ health: 'unhealthy' });
    const rollout = aRollout('handover', { old: ended, candidate }, BACK);
    expect(wayOf(rollout)).toMatch(/^hand-back, .*start-old, verify-old, .*rolled-back, old$/);
  });
});

describe('a handover whose end was not recorded', () => {
  it('is repeated without effect, to determine when it ended', () => {
    const candidate = aNew({ restartPolicy: ALWAYS });
    const rollout = aRollout(
      'handover',
      { old: DETACHED, candidate },
      { detachIssued: true, oldDownAt: LATER },
    );
    expect(firstStep(rollout)).toMatchObject({ name: 'hand-over' });
    expect(wayOf(rollout)).toMatch(/^hand-over, watch-new, .*succeeded, new$/);
  });

  it('is repeated before anything else, which would count as time without service', () => {
    const rollout = aRollout(
      'handover',
      { old: { ...DETACHED, restartPolicy: ALWAYS }, candidate: aNew({ restartPolicy: NEVER }) },
      { detachIssued: true, oldDownAt: LATER },
    );
    expect(wayOf(rollout)).toMatch(/^hand-over, arm-new, disarm-old, .*succeeded, new$/);
  });
});

describe('a failed new container that is left in its place', () => {
  it('gets the restart policy that it was created without', () => {
    const candidate = aNew({ restartPolicy: NEVER, status: 'exited', exitCode: 3 });
    const rollout = aRollout(
      'handover',
      { old: DETACHED, candidate },
      { ...HANDED_OVER, goal: 'leave', failure: EXITED, onFailure: 'leave' },
    );
    expect(wayOf(rollout)).toMatch(/arm-new, failed, none$/);
  });
});
