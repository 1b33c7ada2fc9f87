import {
  beforeDependentStep,
  dependentOf,
  runOf,
  without,
  type DependentIntent,
  type DependentState,
  type DependentStep,
} from '../dependents.js';
import { type SimulatedState, nextMoment } from './simulated-state.js';
import type { RolloutIntent } from '../intent.js';
import { rolloutNames } from '../rollout-names.js';
import type { Snapshot } from '../snapshot.js';
import type { ContainerState } from '../container-state.js';

/** What the engine and the journal show after a successful step of a dependent. */
export function afterDependentStep(
  step: DependentStep,
  snapshot: Snapshot,
  intent: RolloutIntent,
): SimulatedState {
  const dependent = dependentOf(intent, step.of);
  const state = snapshot.dependents[step.of] ?? { old: null, replacement: null, holder: null };
  const names = rolloutNames(dependent.name);
  const isOld = step.id === step.of;
  const become = (
    parts: Partial<DependentState>,
    wanted: Partial<RolloutIntent> = {},
  ): SimulatedState => ({
    snapshot: {
      ...snapshot,
      dependents: { ...snapshot.dependents, [step.of]: { ...state, ...parts } },
    },
    intent: { ...intent, ...wanted },
  });
  const change = (
    patch: Partial<ContainerState>,
    wanted?: Partial<RolloutIntent>,
  ): SimulatedState => {
    const { old, replacement } = state;
    return isOld
      ? become({ old: old && { ...old, ...patch } }, wanted)
      : become({ replacement: replacement && { ...replacement, ...patch } }, wanted);
  };
  switch (step.name) {
    case 'create-dependent':
      return become(
        { replacement: state.replacement ?? simulatedReplacement(dependent, state) },
        { unfinishedDependents: without(intent.unfinishedDependents, step.of) },
      );
    case 'return-dependent-tag':
      return become({}, { unfinishedDependents: without(intent.unfinishedDependents, step.of) });
    case 'stop-dependent':
      return change({ status: 'exited' }, beforeDependentStep(step, intent));
    case 'retire-dependent':
      return change({ name: names.old });
    case 'name-dependent':
    case 'return-dependent':
      return change({ name: names.final });
    case 'start-dependent':
      return change({ status: 'running', startedAt: nextMoment(snapshot) });
    case 'verify-dependent': {
      const container = isOld ? state.old : state.replacement;
      const run = container === null ? [] : [runOf(container)];
      return become({}, { provedDependents: [...intent.provedDependents, ...run] });
    }
    case 'remove-dependent':
      return become(isOld ? { old: null } : { replacement: null });
  }
}

function simulatedReplacement(
  { id, name }: DependentIntent,
  { old }: DependentState,
): ContainerState | null {
  return (
    old && {
      ...old,
      id: `${id} recreated`,
      name: rolloutNames(name).candidate,
      status: 'created',
      startedAt: null,
      restartCount: 0,
    }
  );
}
