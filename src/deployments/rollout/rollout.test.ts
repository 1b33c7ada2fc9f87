import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../docker/client/engine-client.js';
import { EngineError } from '../../docker/client/engine-error.js';
import type { Engines } from '../../docker/client/engines.js';
import type { ContainerInspection } from '../../docker/inspection/inspection.js';
import { aContainer, anImage } from '../../docker/testing/inspection-builders.js';
import { LABELS } from '../../domain/rollout/labels.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import type { EngineStep } from '../../domain/rollout/step.js';
import { anIntent, NEW_IMAGE, NOON, OLD_ID } from '../../domain/testing/builders.js';
import type { Storage } from '../../storage/storage.js';
import type { DeploymentLog } from '../deployment-log.js';
import type { Journal } from './journal/journal.js';
import { Rollout, type RolloutEnd } from './rollout.js';
import { StepRunner } from './step-runner.js';
import type { StepResult } from './steps/step-context.js';
import type { StepExecutor } from './steps/step-executor.js';

const NEW_ID = 'new-container';
const REFUSED = new EngineError('a fault of the test', 503);
const LOST = new EngineError('the connection was cut', null);
const TOUCHED = { imageId: NEW_IMAGE, stopIssued: true } as const;
const BACK = {
  ...TOUCHED,
  startedInEpoch: 'epoch',
  goal: 'back',
  failure: { code: 'exited', message: 'it exited' },
} as const;

type State = 'created' | 'running' | 'exited';

describe('a step that an engine refuses for some seconds', () => {
  it('is tried until the old container runs', async () => {
    const { end, steps } = await driven({
      intent: BACK,
      old: aStopped('web.deploy-old', 'no'),
      candidate: aNew('web.deploy-failed', 'exited'),
      faults: { step: 'start-old', error: REFUSED, times: 5 },
    });
    expect(end).toMatchObject({ phase: 'rolled-back', serving: 'old' });
    expect(steps.filter((name) => name === 'start-old')).toHaveLength(6);
  }, 20_000);

  it('does not keep the old container down, and is done all the same when it runs', async () => {
    const { end, steps, old } = await driven({
      intent: BACK,
      old: aStopped('web.deploy-old', 'no'),
      candidate: aNew('web.deploy-failed', 'exited'),
      faults: { step: 'rearm-old', error: REFUSED, times: 4 },
    });
    expect(end).toMatchObject({ phase: 'rolled-back', serving: 'old' });
    expect(old.HostConfig.RestartPolicy?.Name).toBe('always');
    expect(steps.indexOf('start-old')).toBe(steps.indexOf('rearm-old') + 3);
  }, 20_000);

  it('keeps nobody waiting whom the engine told why it cannot start', async () => {
    const { end, steps } = await driven({
      intent: BACK,
      old: aStopped('web.deploy-old', 'always', 'exec format error'),
      candidate: aNew('web.deploy-failed', 'exited'),
      faults: { step: 'start-old', error: REFUSED, times: 100 },
    });
    expect(end).toMatchObject({ phase: 'failed', serving: 'none' });
    expect(steps.filter((name) => name === 'start-old')).toHaveLength(3);
  }, 20_000);
});

describe('an old container whose port is held for some seconds', () => {
  it('is started when the port is free', async () => {
    const { end, steps } = await driven({
      intent: BACK,
      old: aStopped(
        'web.deploy-old',
        'always',
        'Bind for 0.0.0.0:80 failed: port is already allocated',
      ),
      candidate: aNew('web.deploy-failed', 'exited'),
      faults: { step: 'start-old', error: REFUSED, times: 5 },
    });
    expect(end).toMatchObject({ phase: 'rolled-back', serving: 'old' });
    expect(steps.filter((name) => name === 'start-old')).toHaveLength(6);
  }, 20_000);
});

describe('a step of which the answer is lost every time', () => {
  it('is not tried for ever', async () => {
    const { end, steps } = await driven({
      intent: TOUCHED,
      old: aStopped('web.deploy-old', 'always'),
      candidate: aNew('web', 'created'),
      faults: { step: 'start-new', error: LOST, times: 100 },
    });
    expect(end).toMatchObject({ phase: 'rolled-back', serving: 'old' });
    expect(steps.filter((name) => name === 'start-new')).toHaveLength(3);
  }, 20_000);
});

/** Drives a rollout on an engine that does at once what it is told, but for one step. */
async function driven(start: {
  readonly intent: Partial<RolloutIntent>;
  readonly old: ContainerInspection;
  readonly candidate: ContainerInspection;
  readonly faults: {
    readonly step: EngineStep['name'];
    readonly error: Error;
    readonly times: number;
  };
}): Promise<{
  end: Extract<RolloutEnd, { kind: 'finished' }>['decision'];
  steps: readonly EngineStep['name'][];
  old: ContainerInspection;
}> {
  const containers = new Map([
    [OLD_ID, start.old],
    [NEW_ID, start.candidate],
  ]);
  const steps: EngineStep['name'][] = [];
  let left = start.faults.times;
  const execute = (step: EngineStep): Promise<StepResult> => {
    steps.push(step.name);
    if (step.name === start.faults.step && left-- > 0) return Promise.reject(start.faults.error);
    return Promise.resolve(done(step, containers));
  };
  const nothing = (): Promise<null> => Promise.resolve(null);
  const journal = { begin: nothing, end: nothing, flush: nothing, giveUp: nothing };
  const log = { append: nothing, print: () => undefined } as unknown as DeploymentLog;
  const rollout = new Rollout(
    { get: () => engineOf(containers) } as unknown as Engines,
    { instanceId: 'instance' } as unknown as Storage,
    { open: () => journal, closeInterrupted: nothing } as unknown as Journal,
    new StepRunner({ execute } as unknown as StepExecutor, log),
    log,
  );
  const end = await rollout.resume(anIntent(start.intent), new AbortController().signal);
  if (end.kind !== 'finished') throw new Error('it was parked');
  const old = containers.get(OLD_ID);
  if (old === undefined) throw new Error('the old one is gone');
  return { end: end.decision, steps, old };
}

function engineOf(containers: ReadonlyMap<string, ContainerInspection>): EngineClient {
  return {
    epoch: () => Promise.resolve('epoch'),
    image: () => Promise.resolve(anImage()),
    containers: () =>
      Promise.resolve([...containers.keys()].map((id) => ({ id, names: [], labels: {} }))),
    container: (id: string) => Promise.resolve(containers.get(id) ?? null),
  } as unknown as EngineClient;
}

/** What a step leads to. */
function done(step: EngineStep, containers: Map<string, ContainerInspection>): StepResult {
  const id = 'id' in step ? step.id : '';
  const change = (parts: Partial<ContainerInspection>): StepResult => {
    const before = containers.get(id);
    if (before !== undefined) containers.set(id, { ...before, ...parts });
    return {};
  };
  switch (step.name) {
    case 'disarm-new':
      return change({ HostConfig: policy('no') });
    case 'set-aside-new':
      return change({ Name: '/web.deploy-failed' });
    case 'return-name':
      return change({ Name: '/web' });
    case 'rearm-old':
      return change({ HostConfig: policy('always') });
    case 'start-old':
      return change({ State: running });
    case 'verify-old':
      return { patch: { restoredAt: NOON } };
    case 'restore-tag':
      return { patch: { tagRestored: true } };
    case 'remove-new':
      containers.delete(id);
      return {};
    default:
      throw new Error(`${step.name} was not expected`);
  }
}

const running = { Status: 'running', Running: true, StartedAt: '2026-01-01T12:00:09.000Z' };

function policy(name: string): ContainerInspection['HostConfig'] {
  return { RestartPolicy: { Name: name, MaximumRetryCount: 0 } };
}

function aStopped(name: string, restart: string, error = ''): ContainerInspection {
  return {
    ...aContainer({ Id: OLD_ID, Name: `/${name}` }),
    State: { Status: 'exited', Running: false, StartedAt: NOON, FinishedAt: NOON, Error: error },
    HostConfig: policy(restart),
  };
}

function aNew(name: string, status: State): ContainerInspection {
  const labels = { [LABELS.deployment]: anIntent().deployment, [LABELS.role]: 'new' };
  return {
    ...aContainer({ Id: NEW_ID, Name: `/${name}`, Image: NEW_IMAGE, Config: { Labels: labels } }),
    State: { Status: status, Running: false, ...(status === 'exited' ? { StartedAt: NOON } : {}) },
    HostConfig: policy('always'),
  };
}
