import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasEnded, UNDER_WAY, type Deployment, type Phase } from './deployment.js';
import { isMissed, movesInGroup, nextMove, type GroupRun } from './group.js';
import type { GroupFailure, GroupSettings } from '../settings/group-settings.js';
import { aDeployment, DIGEST, NOON } from '../testing/builders.js';

const GROUP: GroupSettings = {
  order: ['migrations', 'api', 'web'],
  onFailure: 'rollback-all',
  settleMs: 30_000,
};
const BEFORE = `sha256:${'0'.repeat(64)}`;
const BACK = { kind: 'rollback', by: 'group', delivery: null } as const;

/** A deployment at a position of a grouped one, with a new digest if it succeeded. */
function at(position: number, phase: Phase, parts: Partial<Deployment> = {}): Deployment {
  return aDeployment({
    id: `${String(position)}-${phase}`,
    service: GROUP.order[position] ?? '',
    phase,
    digest: DIGEST,
    previousDigest: phase === 'succeeded' ? BEFORE : null,
    group: { id: 'run', position },
    ...parts,
  });
}

function run(parts: Partial<GroupRun> = {}): Pick<GroupRun, 'direction' | 'onFailure'> {
  return { direction: 'forward', onFailure: 'rollback-all', ...parts };
}

function ids(deployments: readonly Deployment[]): string[] {
  return deployments.map(({ id }) => id);
}

describe('a deployment is part of its group', () => {
  it.each(['webhook', 'poll', 'promotion'] as const)('if caused by %s', (kind) => {
    const trigger = { kind, by: 'hub', delivery: null };
    expect(movesInGroup({ service: 'api', trigger }, GROUP)).toBe(true);
    expect(movesInGroup({ service: 'docs', trigger }, GROUP)).toBe(false);
    expect(movesInGroup({ service: 'api', trigger }, null)).toBe(false);
  });

  it.each(['api', 'rollback'] as const)('but not if caused by %s', (kind) => {
    const trigger = { kind, by: 'anna', delivery: null };
    expect(movesInGroup({ service: 'api', trigger }, GROUP)).toBe(false);
  });
});

describe('a grouped deployment', () => {
  it('deploys its services in order, one at a time', () => {
    const waiting = [at(2, 'waiting'), at(0, 'waiting'), at(1, 'waiting')];
    expect(nextMove(run(), waiting)).toMatchObject({ kind: 'next', deployment: waiting[1] });
    const underWay = [at(0, 'running'), at(1, 'waiting')];
    expect(nextMove(run(), underWay)).toEqual({ kind: 'under-way' });
    const second = [at(0, 'succeeded'), at(1, 'queued'), at(2, 'waiting')];
    expect(nextMove(run(), second)).toMatchObject({ kind: 'next', deployment: second[1] });
    expect(nextMove(run(), [at(0, 'skipped'), at(2, 'succeeded')])).toEqual({ kind: 'over' });
  });

  it.each<Phase>(['failed', 'rolled-back', 'rejected', 'cancelled', 'expired', 'superseded'])(
    'turns back if one ended %s',
    (phase) => {
      const deployments = [at(0, 'succeeded'), at(1, phase), at(2, 'waiting')];
      const move = nextMove(run(), deployments);
      expect(move).toMatchObject({ kind: 'turn-back', cause: deployments[1] });
      if (move.kind !== 'turn-back') return;
      expect(ids(move.cancel)).toEqual(['2-waiting']);
      expect(ids(move.rollBack)).toEqual(['0-succeeded']);
    },
  );

  it('rolls back the last first, and leaves what did not change', () => {
    const still = at(1, 'succeeded', { id: 'same', previousDigest: DIGEST });
    const deployments = [at(0, 'succeeded'), still, at(2, 'succeeded'), at(3, 'failed')];
    const move = nextMove(run(), deployments);
    expect(move.kind === 'turn-back' && ids(move.rollBack)).toEqual(['2-succeeded', '0-succeeded']);
  });

  it('does not turn back before the deployment under way has ended', () => {
    const waiting = at(2, 'cancelled');
    const deployments = [at(0, 'succeeded'), at(1, 'running'), waiting];
    expect(nextMove(run(), deployments)).toEqual({ kind: 'under-way' });
    expect(nextMove(run({ direction: 'back' }), deployments)).toEqual({ kind: 'under-way' });
    const then = nextMove(run(), [at(0, 'succeeded'), at(1, 'succeeded'), waiting]);
    expect(then.kind === 'turn-back' && ids(then.rollBack)).toEqual(['1-succeeded', '0-succeeded']);
  });

  it('keeps what was deployed with onFailure: stop', () => {
    const move = nextMove(run({ onFailure: 'stop' }), [at(0, 'succeeded'), at(1, 'failed')]);
    expect(move).toMatchObject({ kind: 'turn-back', rollBack: [] });
  });

  it('uses the newer of two at one position: the other was undone through no fault of its own', () => {
    const undone = at(0, 'rolled-back', { id: '1' });
    const again = at(0, 'queued', { id: '2' });
    const move = nextMove(run(), [again, undone, at(1, 'waiting')]);
    expect(move).toMatchObject({ kind: 'next', deployment: again });
  });

  it('rolls back one at a time, and is over when all have ended, restored or not', () => {
    const forward = [at(0, 'succeeded'), at(1, 'succeeded'), at(2, 'failed')];
    const back = (position: number, phase: Phase) =>
      at(position, phase, { id: `back-${String(position)}`, trigger: BACK });
    const is = { direction: 'back' } as const;
    const begin = nextMove(run(is), [...forward, back(0, 'waiting'), back(1, 'waiting')]);
    expect(begin).toMatchObject({ kind: 'next', deployment: { id: 'back-1' } });
    const then = nextMove(run(is), [...forward, back(0, 'waiting'), back(1, 'failed')]);
    expect(then).toMatchObject({ kind: 'next', deployment: { id: 'back-0' } });
    const end = [...forward, back(0, 'succeeded'), back(1, 'failed')];
    expect(nextMove(run(is), end)).toEqual({ kind: 'over' });
    expect(nextMove(run(is), forward)).toEqual({ kind: 'over' });
  });

  it('ends with all or none of its services deployed, however its deployments end', () => {
    const ends = fc.constantFrom<Phase>('succeeded', 'skipped', 'failed', 'rolled-back');
    const failures = fc.constantFrom<GroupFailure>('rollback-all', 'stop');
    fc.assert(
      fc.property(fc.array(ends, { minLength: 1, maxLength: 6 }), failures, (phases, onFailure) => {
        const { moved, started, wayBack } = play(phases, onFailure);
        const broken = phases.findIndex((phase) => phase === 'failed' || phase === 'rolled-back');
        const reached = broken === -1 ? phases.length : broken + 1;
        expect(started).toEqual(phases.slice(0, reached).map((_, position) => position));
        const isUndone = broken !== -1 && onFailure === 'rollback-all';
        expect(wayBack).toEqual(isUndone ? [...moved].reverse() : []);
      }),
    );
  });
});

/** Carries out each move until it is over; each deployment ends as given, each rollback succeeds. */
function play(phases: readonly Phase[], onFailure: GroupFailure) {
  let deployments = phases.map((_, position) => at(position, 'waiting'));
  let direction: GroupRun['direction'] = 'forward';
  const started: number[] = [];
  const wayBack: number[] = [];
  for (let moves = 0; moves < 50; moves++) {
    expect(deployments.filter(({ phase }) => UNDER_WAY.includes(phase))).toEqual([]);
    const move = nextMove({ direction, onFailure }, deployments);
    if (move.kind === 'over') break;
    if (move.kind === 'turn-back') {
      direction = 'back';
      const cancelled = ids(move.cancel);
      deployments = deployments.map((each) =>
        cancelled.includes(each.id) ? { ...each, phase: 'cancelled' } : each,
      );
      const ways = move.rollBack.map(({ group }) =>
        at(group?.position ?? 0, 'waiting', {
          id: `back-${String(group?.position)}`,
          trigger: BACK,
        }),
      );
      deployments = [...deployments, ...ways];
    } else if (move.kind === 'next') {
      const { id, group, trigger } = move.deployment;
      const position = group?.position ?? 0;
      const isBack = trigger.kind === 'rollback';
      (isBack ? wayBack : started).push(position);
      const ended = at(position, isBack ? 'succeeded' : (phases[position] ?? 'failed'), {
        id,
        trigger,
      });
      deployments = deployments.map((each) => (each.id === id ? ended : each));
    }
  }
  expect(deployments.every(({ phase }) => hasEnded(phase))).toBe(true);
  const moved = started.filter((position) => phases[position] === 'succeeded');
  return { moved, started, wayBack };
}

describe('a deployment that was dropped before the others were released', () => {
  const dropped = aDeployment({ service: 'api', phase: 'rejected', createdAt: NOON });
  const madeAt = (...seconds: number[]) =>
    seconds.map((each) => ({
      createdAt: new Date(Date.parse(NOON) + each * 1_000).toISOString(),
    }));

  it.each<Phase>(['failed', 'rejected', 'cancelled', 'expired'])('is missed: %s', (phase) => {
    expect(isMissed({ ...dropped, phase }, madeAt(30), GROUP)).toBe(true);
    expect(isMissed({ ...dropped, phase }, madeAt(-30), GROUP)).toBe(true);
    expect(isMissed({ ...dropped, phase }, madeAt(-99, 99), GROUP)).toBe(true);
  });

  it.each<[string, Partial<Deployment>]>([
    ['it had nothing to do', { phase: 'skipped' }],
    ['a newer one superseded it', { phase: 'superseded' }],
    ['it was started', { phase: 'failed', startedAt: NOON }],
    ['it is of an earlier grouped deployment', { group: { id: 'run', position: 1 } }],
    ['it is manual', { trigger: { kind: 'api', by: 'anna', delivery: null } }],
    ['its service is not in the group', { service: 'docs' }],
  ])('is not missed if %s', (_, parts) => {
    expect(isMissed({ ...dropped, ...parts }, madeAt(0), GROUP)).toBe(false);
  });

  it('is not missed by others that were pushed long before or after it', () => {
    expect(isMissed(dropped, madeAt(31), GROUP)).toBe(false);
    expect(isMissed(dropped, madeAt(-31), GROUP)).toBe(false);
    expect(isMissed(null, madeAt(0), GROUP)).toBe(false);
  });
});
