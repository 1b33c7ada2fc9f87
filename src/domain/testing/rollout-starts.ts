import {
  aContainer,
  anIntent,
  anOverlap,
  aRemovedWhenStopped,
  aSnapshot,
  NEVER,
} from './builders.js';
import type { SimulatedState } from '../rollout/plan/simulated-state.js';

const leftover = aContainer({ id: 'left', name: 'web.deploy-failed', status: 'exited' });

/** Every kind of start, by its container. */
export const STARTS: Readonly<Record<string, SimulatedState>> = {
  'a normal container': { snapshot: aSnapshot(), intent: anIntent() },
  'a container run with --rm': aRemovedWhenStopped(),
  'a container on several networks': {
    snapshot: aSnapshot(),
    intent: anIntent({ furtherNetworks: ['back', 'monitoring'] }),
  },
  'a container with files that compose wrote': {
    snapshot: aSnapshot(),
    intent: anIntent({ files: ['/run/secrets/token'] }),
  },
  'a container with leftovers': {
    snapshot: aSnapshot({ leftovers: [leftover] }),
    intent: anIntent(),
  },
  'a container without a restart policy': {
    snapshot: aSnapshot({ old: aContainer({ restartPolicy: NEVER }) }),
    intent: anIntent({ old: { restartPolicy: NEVER } }),
  },
  'a stopped container': {
    snapshot: aSnapshot({ old: aContainer({ status: 'exited' }) }),
    intent: anIntent({ old: { wasRunning: false } }),
  },
  'a container left under its temporary name': {
    snapshot: aSnapshot({ old: aContainer({ status: 'exited', name: 'web.deploy-old' }) }),
    intent: anIntent({ old: { wasRunning: false } }),
  },
};

/** Starts of rollouts in which two containers run at once for a while. */
export const OVERLAPS: Readonly<Record<string, SimulatedState>> = {
  'start-first': anOverlap('start-first'),
  'start-first with drain and watch': withDrain(anOverlap('start-first')),
  handover: anOverlap('handover'),
  'handover with drain': withDrain(anOverlap('handover')),
  'handover without macvlan': withInternal(anOverlap('handover')),
};

function withDrain({ snapshot, intent }: SimulatedState): SimulatedState {
  const drain = { signal: 'SIGUSR1', http: null, waitMs: 5_000 };
  return { snapshot, intent: { ...intent, drain, watchMs: 10_000 } };
}

function withInternal({ snapshot, intent }: SimulatedState): SimulatedState {
  const networks = [{ name: 'bridge', endpoint: {} }];
  const waiting = { name: '0-deploy-wait-internal', kind: 'internal', parent: null } as const;
  const old = aContainer({ networks: { bridge: [] } });
  return { snapshot: { ...snapshot, old }, intent: { ...intent, networks, waiting } };
}
