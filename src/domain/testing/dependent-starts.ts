import type { DependentIntent, DependentState } from '../rollout/dependents.js';
import type { ContainerState } from '../rollout/container-state.js';
import { aContainer, anIntent, aSnapshot, NOON, OLD_ID } from './builders.js';
import type { SimulatedState } from '../rollout/plan/simulated-state.js';

/** A container `worker` that shares the network of `web`. */
export function aDependent(parts: Partial<DependentIntent> = {}): DependentIntent {
  const { name = 'worker' } = parts;
  return {
    id: name,
    name,
    by: ['network'],
    does: 'recreate',
    after: [OLD_ID],
    imageId: 'sha256:worker-image',
    image: 'acme/worker:latest',
    tagImageId: null,
    files: [],
    startedAt: NOON,
    wasRunning: true,
    proof: 'stays-up',
    ...parts,
  };
}

/** What the engine shows of an untouched dependent. */
export function asItWas(
  dependent: DependentIntent,
  parts: Partial<ContainerState> = {},
): DependentState {
  const { id, name, imageId, startedAt, wasRunning } = dependent;
  const status = wasRunning ? 'running' : 'exited';
  const old = aContainer({ id, name, imageId, startedAt, status, ...parts });
  return { old, replacement: null, holder: null };
}

/** The start of a rollout of `web` with these dependents. */
export function withDependents(
  dependents: readonly DependentIntent[],
  { snapshot, intent }: SimulatedState = { snapshot: aSnapshot(), intent: anIntent() },
): SimulatedState {
  const states = dependents
    .filter(({ does }) => does !== 'nothing')
    .map((each) => [each.id, asItWas(each)] as const);
  return {
    snapshot: { ...snapshot, dependents: Object.fromEntries(states) },
    intent: { ...intent, dependents },
  };
}

const follower = aDependent({ name: 'app', by: ['depends-on'], does: 'restart' });
const reader = aDependent({ name: 'reader', by: ['volumes'], does: 'nothing', after: [] });
const sidecar = aDependent({ name: 'sidecar', after: ['worker'] });
const notRunning = aContainer({ status: 'exited' });

/** Every kind of start with dependents, by name. */
export const DEPENDENT_STARTS: Readonly<Record<string, SimulatedState>> = {
  'a chain of three': withDependents([aDependent(), sidecar]),
  'a dependent that compose restarts': withDependents([follower]),
  'all kinds at once': withDependents([
    aDependent({ by: ['network', 'pid'] }),
    follower,
    reader,
    sidecar,
    aDependent({ name: 'shell', by: ['network'], does: 'restart', after: ['app'] }),
  ]),
  'a dependent bound to one that compose restarts': withDependents([
    follower,
    aDependent({ name: 'both', by: ['ipc', 'network'], after: [OLD_ID, 'app'] }),
  ]),
  'stopped dependents': withDependents([
    aDependent({ wasRunning: false }),
    aDependent({ name: 'linked', by: ['link'] }),
  ]),
  'a rollout with a watch': withDependents([aDependent(), follower], {
    snapshot: aSnapshot(),
    intent: anIntent({ watchMs: 5_000 }),
  }),
  'a stopped service': withDependents(
    [aDependent({ wasRunning: false }), { ...follower, wasRunning: false, does: 'nothing' }],
    { snapshot: aSnapshot({ old: notRunning }), intent: anIntent({ old: { wasRunning: false } }) },
  ),
};
