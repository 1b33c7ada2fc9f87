import { describe, expect, it } from 'vitest';
import { nextStep } from './next-step.js';
import type { RolloutIntent } from '../intent.js';
import type { Snapshot } from '../snapshot.js';
import type { Step } from '../step.js';
import { aCandidate, aContainer, anIntent, aSnapshot, NOON } from '../../testing/builders.js';
import {
  PULLED,
  STOPPED,
  STARTED,
  PORT,
  exited,
  retired,
  named,
  started,
} from '../../testing/rollout-states.js';

type Refusal = readonly [why: string, snapshot: Partial<Snapshot>, intent: object, code: string];

const GIVE_UPS: readonly Refusal[] = [
  ['the container is gone', { old: null }, {}, 'container-missing'],
  ['it was renamed manually', { old: aContainer({ name: 'web2' }) }, {}, 'unknown-state'],
  [
    'an unrelated container has a temporary name',
    { strangers: ['web.deploy-new'] },
    {},
    'name-taken',
  ],
  [
    'another container has its name',
    { old: retired(), holder: aContainer({ id: 'foreign' }) },
    {},
    'name-taken',
  ],
  [
    'another container took its name while it was down',
    { old: retired(), candidate: aCandidate(), holder: aContainer({ id: 'foreign' }) },
    STOPPED,
    'name-taken',
  ],
  [
    'the new container has another image',
    { candidate: aCandidate({ imageId: 'sha256:other' }) },
    PULLED,
    'wrong-image',
  ],
  [
    'the new container was started under its temporary name',
    { candidate: aCandidate({ status: 'running', startedAt: NOON }) },
    PULLED,
    'unknown-state',
  ],
  [
    'the new container was renamed',
    { candidate: aCandidate({ name: 'x' }) },
    PULLED,
    'unknown-state',
  ],
  ['the prepared container was removed', { old: exited() }, STOPPED, 'container-removed'],
  ['the started container was removed', { old: retired() }, STARTED, 'container-removed'],
  [
    'the old container was paused',
    { old: aContainer({ status: 'paused' }), candidate: aCandidate() },
    PULLED,
    'container-paused',
  ],
  [
    'the new container ran out of memory',
    { candidate: started({ status: 'exited', outOfMemory: true, exitCode: 137 }) },
    STARTED,
    'out-of-memory',
  ],
  [
    'its executable cannot be run',
    {
      old: retired(),
      candidate: named({
        exitCode: 127,
        error: 'unable to start container process: exec: "/nope": no such file',
      }),
    },
    STARTED,
    'not-executable',
  ],
  [
    'its port is taken for the second time',
    { old: retired(), candidate: named({ exitCode: 128, error: PORT }) },
    { ...STARTED, portRetries: 1 },
    'port-taken',
  ],
  [
    'its start after a restart of the engine was refused, which is not "exited" and not its fault',
    { old: retired(), candidate: started({ status: 'exited', exitCode: 128, error: PORT }) },
    STARTED,
    'port-taken',
  ],
];

describe('giving up', () => {
  it.each(GIVE_UPS)('when %s', (_why, snapshot, intent, code) => {
    expect(nextStep(aSnapshot(snapshot), anIntent(intent))).toEqual({
      name: 'give-up',
      code,
      message: expect.any(String) as string,
    });
  });

  it('comes only after a port that may just be freed was tried once more', () => {
    const snapshot = aSnapshot({
      old: retired(),
      candidate: named({ exitCode: 128, error: PORT }),
    });
    expect(nextStep(snapshot, anIntent(STARTED)).name).toBe('start-new');
  });
});

describe('before anything is created', () => {
  const step = (snapshot: Partial<Snapshot>, intent: Partial<RolloutIntent> = {}): Step =>
    nextStep(aSnapshot(snapshot), anIntent(intent));

  it('the rollout ends as skipped if the image is already running', () => {
    const intent = { imageId: aContainer().imageId };
    expect(step({}, intent)).toEqual({ name: 'finish', phase: 'skipped', serving: 'old' });
    expect(step({}, { ...intent, skipSameImage: false }).name).toBe('create');
    expect(step({ old: exited() }, intent).name).toBe('create');
  });

  it('the rollout removes what earlier deployments left', () => {
    const leftover = aContainer({ id: 'left', name: 'web.deploy-failed', status: 'exited' });
    expect(step({ leftovers: [leftover] }, PULLED)).toEqual({
      name: 'clear-leftover',
      id: 'left',
      container: 'web.deploy-failed',
    });
    expect(step({ leftovers: [leftover] }).name).toBe('pull');
  });
});
