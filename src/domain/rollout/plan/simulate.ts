import { isDependentStep } from '../dependents.js';
import { afterHook, countOfHooks } from '../hooks.js';
import { nextStep } from '../next-step/next-step.js';
import { networksWithNames, networksWithoutNames } from '../networks.js';
import { isDrainTold, type NetworkAttachment, type RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import type { ContainerState } from '../container-state.js';
import { afterDependentStep } from './simulate-dependents.js';
import { nextMoment, SIMULATED_AT, type SimulatedState } from './simulated-state.js';
import { isDecision, type EngineStep, type Step } from '../step.js';

/** More steps than any rollout has: a longer plan would not end. Each dependent adds some. */
const LONGEST = 40;
const LONGEST_OF_DEPENDENT = 15;

/**
 * The steps of a rollout in which every step succeeds: the same function that drives a real one,
 * run on a simulated engine.
 * @throws Error if the plan does not end.
 */
export function simulateRollout(snapshot: Snapshot, intent: RolloutIntent): Step[] {
  const steps: Step[] = [];
  let state = { snapshot, intent };
  const longest = LONGEST + countOfHooks(intent) + LONGEST_OF_DEPENDENT * intent.dependents.length;
  while (steps.length < longest) {
    const step = nextStep(state.snapshot, state.intent);
    steps.push(step);
    if (isDecision(step)) return steps;
    state = afterStep(step, state.snapshot, state.intent);
  }
  throw new Error(`the plan does not end: ${steps.map((step) => step.name).join(', ')}`);
}

/** What the engine and the journal show after a successful step. */
export function afterStep(
  step: EngineStep,
  snapshot: Snapshot,
  intent: RolloutIntent,
): SimulatedState {
  if (isDependentStep(step)) return afterDependentStep(step, snapshot, intent);
  const names = rolloutNames(intent.container);
  const { old, candidate } = snapshot;
  const change = (
    containers: Partial<Snapshot>,
    wanted: Partial<RolloutIntent> = {},
  ): SimulatedState => ({
    snapshot: { ...snapshot, ...containers },
    intent: { ...intent, ...wanted },
  });
  const changeOld = (
    patch: Partial<ContainerState>,
    wanted?: Partial<RolloutIntent>,
  ): SimulatedState =>
    snapshot.old === null
      ? change({ twin: snapshot.twin && { ...snapshot.twin, ...patch } }, wanted)
      : change({ old: old && { ...old, ...patch } }, wanted);
  const changeNew = (
    patch: Partial<ContainerState>,
    wanted?: Partial<RolloutIntent>,
  ): SimulatedState => change({ candidate: candidate && { ...candidate, ...patch } }, wanted);
  switch (step.name) {
    case 'pull':
      return change({}, { imageId: `image of ${intent.digest}` });
    case 'clear-leftover':
      return change({ leftovers: snapshot.leftovers.filter((each) => each.id !== step.id) });
    case 'create':
      return change({ candidate: simulatedCandidate(intent) });
    case 'make-waiting-network':
      return change({ hasWaitingNetwork: true });
    case 'park-new':
      return changeNew({ networks: waitingOf(intent) });
    case 'attach-new':
      return changeNew({
        networks: { ...candidate?.networks, ...aliasesOn(networksWithoutNames(intent)) },
      });
    case 'join-new':
      return changeNew(
        { networks: { ...candidate?.networks, ...aliasesOn(networksWithNames(intent)) } },
        { verifiedAt: null },
      );
    case 'drain-old':
      return change({}, { drainIssued: isDrainTold(intent), drained: true });
    case 'hand-over':
      return change(
        {
          old: old && { ...old, networks: {} },
          candidate: candidate && {
            ...candidate,
            networks: aliasesOn(networksWithNames(intent)),
            unpublished: [],
          },
        },
        { detachIssued: true, oldDownAt: null, reconnectedAt: SIMULATED_AT },
      );
    case 'hand-back':
      return change(
        {
          old: old && { ...old, networks: aliasesOn(intent.networks), unpublished: [] },
          candidate: candidate && { ...candidate, networks: {} },
        },
        { reconnectedAt: SIMULATED_AT, restoredAt: null },
      );
    case 'arm-new':
      return changeNew({ restartPolicy: intent.old.restartPolicy });
    case 'watch-new':
      return change({}, { watchedAt: SIMULATED_AT });
    case 'remove-waiting-network':
      return change({ hasWaitingNetwork: false }, { waitingReleased: true });
    case 'connect-new':
      return change({}, { connected: true });
    case 'carry-files':
      return change({}, { filesCarried: true });
    case 'compare':
      return change({}, { comparison: { at: SIMULATED_AT, compared: 0, differences: [] } });
    case 'create-twin':
      return change({ twin: simulatedContainer(names.twin, intent) });
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
        {
          status: 'running',
          startedAt: nextMoment(snapshot),
          unpublished: [],
          ...connectedAtStart(candidate, intent),
        },
        { startedInEpoch: snapshot.epoch },
      );
    case 'disarm-old':
      return changeOld({ restartPolicy: { name: 'no', maximumRetryCount: 0 } });
    case 'verify-new':
      return change({}, { verifiedAt: candidate?.startedAt ?? SIMULATED_AT });
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
      return change({ twin: simulatedContainer(names.twin, intent) });
    case 'return-name':
      return changeOld({ name: names.final });
    case 'rearm-old':
      return changeOld({ restartPolicy: intent.old.restartPolicy });
    case 'start-old':
      return changeOld(
        { status: 'running', startedAt: nextMoment(snapshot), unpublished: [] },
        { restoredAt: null },
      );
    case 'verify-old':
      return change({}, { restoredAt: SIMULATED_AT });
    case 'restore-tag':
      return change({}, { tagRestored: true });
    case 'remove-new':
      return change({ candidate: null });
    case 'run-before-hook':
    case 'run-after-hook':
    case 'run-failure-hook':
      return change({}, afterHook(step, intent));
    case 'remove-hook':
      return change({ hook: null });
  }
}

function simulatedContainer(name: string, intent: RolloutIntent): ContainerState {
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
    networks: aliasesOn(intent.networks),
    unpublished: [],
  };
}

function simulatedCandidate(intent: RolloutIntent): ContainerState {
  const { candidate: name } = rolloutNames(intent.container);
  const created = simulatedContainer(name, intent);
  if (intent.strategy === 'handover') {
    const networks = aliasesOn(networksWithoutNames(intent).slice(0, 1));
    return { ...created, networks, restartPolicy: { name: 'no', maximumRetryCount: 0 } };
  }
  if (intent.strategy === 'recreate') return created;
  const hasNames = intent.aliases === 'at-start';
  return {
    ...created,
    networks: aliasesOn(hasNames ? networksWithNames(intent) : networksWithoutNames(intent)),
  };
}

/** In a handover the container is started and connected to its networks in one step. */
function connectedAtStart(
  candidate: ContainerState | null,
  intent: RolloutIntent,
): Partial<ContainerState> {
  const waits = intent.waiting !== null && intent.waiting.name in (candidate?.networks ?? {});
  if (!waits || intent.waiting.kind !== 'macvlan') return {};
  return { networks: { ...candidate?.networks, ...aliasesOn(networksWithoutNames(intent)) } };
}

function waitingOf({ waiting }: RolloutIntent): ContainerState['networks'] {
  return waiting === null ? {} : { [waiting.name]: [] };
}

function aliasesOn(networks: readonly NetworkAttachment[]): ContainerState['networks'] {
  return Object.fromEntries(
    networks.map(({ name, endpoint }) => [name, (endpoint['Aliases'] ?? []) as readonly string[]]),
  );
}
