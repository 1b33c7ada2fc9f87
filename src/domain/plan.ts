import { nextStep } from './next-step.js';
import { rolloutNames, type ContainerState, type RolloutIntent, type Snapshot } from './rollout.js';
import { isDecision, type EngineStep, type Step } from './step.js';

/** More steps than any rollout has: a plan that is longer does not end. */
const LONGEST = 40;

/**
 * The steps that a rollout will take when all goes well: the same function that drives the real one,
 * run on a picture of the engine.
 */
export function simulateRollout(snapshot: Snapshot, intent: RolloutIntent): Step[] {
  const steps: Step[] = [];
  let state = { snapshot, intent };
  while (steps.length < LONGEST) {
    const step = nextStep(state.snapshot, state.intent);
    steps.push(step);
    if (isDecision(step)) return steps;
    state = afterStep(step, state.snapshot, state.intent);
  }
  throw new Error(`the plan does not end: ${steps.map((step) => step.name).join(', ')}`);
}

interface Picture {
  readonly snapshot: Snapshot;
  readonly intent: RolloutIntent;
}

/** What the engine and the journal show after a step that went well. */
export function afterStep(step: EngineStep, snapshot: Snapshot, intent: RolloutIntent): Picture {
  const names = rolloutNames(intent.container);
  const { old, candidate } = snapshot;
  const change = (containers: Partial<Snapshot>, wanted: Partial<RolloutIntent> = {}): Picture => ({
    snapshot: { ...snapshot, ...containers },
    intent: { ...intent, ...wanted },
  });
  const changeOld = (patch: Partial<ContainerState>, wanted?: Partial<RolloutIntent>): Picture =>
    snapshot.old === null
      ? change({ twin: snapshot.twin && { ...snapshot.twin, ...patch } }, wanted)
      : change({ old: old && { ...old, ...patch } }, wanted);
  const changeNew = (patch: Partial<ContainerState>, wanted?: Partial<RolloutIntent>): Picture =>
    change({ candidate: candidate && { ...candidate, ...patch } }, wanted);
  switch (step.name) {
    case 'pull':
      return change({}, { imageId: `image of ${intent.digest}` });
    case 'clear-leftover':
      return change({ leftovers: snapshot.leftovers.filter((each) => each.id !== step.id) });
    case 'create':
      return change({ candidate: picturedContainer(names.candidate, intent) });
    case 'connect-new':
      return change({}, { connected: true });
    case 'create-twin':
      return change({ twin: picturedContainer(names.twin, intent) });
    case 'stop-old':
      return old?.autoRemove === true
        ? change({ old: null }, { stopIssued: true })
        : changeOld({ status: 'exited' }, { stopIssued: true });
    case 'retire-old':
      return changeOld({ name: names.old });
    case 'take-name':
      return changeNew({ name: names.final });
    case 'start-new':
      return changeNew(
        { status: 'running', startedAt: PICTURED },
        { startedInEpoch: snapshot.epoch },
      );
    case 'disarm-old':
      return changeOld({ restartPolicy: { name: 'no', maximumRetryCount: 0 } });
    case 'verify-new':
      return change({}, { verifiedAt: PICTURED });
    case 'remove-old':
      return change({ old: null });
    case 'remove-twin':
      return change({ twin: null });
    case 'stop-new':
      return changeNew({ status: 'exited' });
    case 'disarm-new':
      return changeNew({ restartPolicy: { name: 'no', maximumRetryCount: 0 } });
    case 'set-aside-new':
      return changeNew({ name: names.failed });
    case 'recreate-old':
      return change({ twin: picturedContainer(names.twin, intent) });
    case 'return-name':
      return changeOld({ name: names.final });
    case 'rearm-old':
      return changeOld({ restartPolicy: intent.old.restartPolicy });
    case 'start-old':
      return changeOld({ status: 'running', startedAt: PICTURED }, { restoredAt: null });
    case 'verify-old':
      return change({}, { restoredAt: PICTURED });
    case 'restore-tag':
      return change({}, { tagRestored: true });
    case 'remove-new':
      return change({ candidate: null });
  }
}

const PICTURED = '2000-01-01T00:00:00.000Z';

function picturedContainer(name: string, intent: RolloutIntent): ContainerState {
  return {
    id: name,
    name,
    imageId: intent.imageId ?? '',
    status: 'created',
    startedAt: null,
    finishedAt: null,
    exitCode: 0,
    error: '',
    outOfMemory: false,
    health: 'none',
    healthyAt: null,
    restartCount: 0,
    restartPolicy: intent.old.restartPolicy,
    autoRemove: intent.old.autoRemove,
    labels: {},
  };
}
