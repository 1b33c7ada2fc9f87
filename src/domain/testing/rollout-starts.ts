import {
  aContainer,
  anIntent,
  anOverlap,
  aRemovedWhenStopped,
  aSnapshot,
  NEVER,
} from './builders.js';
import type { SimulatedState } from './rollout-run.js';

const leftover = aContainer({ id: 'left', name: 'web.deploy-failed', status: 'exited' });

/** Every kind of start, by name. */
export const STARTS: Readonly<Record<string, SimulatedState>> = {
  'a normal one': { snapshot: aSnapshot(), intent: anIntent() },
  'one run with --rm': aRemovedWhenStopped(),
  'one on several networks': {
    snapshot: aSnapshot(),
    intent: anIntent({ furtherNetworks: ['back', 'monitoring'] }),
  },
  'one with files that compose wrote': {
    snapshot: aSnapshot(),
    intent: anIntent({ files: ['/run/secrets/token'] }),
  },
  'one with leftovers': { snapshot: aSnapshot({ leftovers: [leftover] }), intent: anIntent() },
  'one without a restart policy': {
    snapshot: aSnapshot({ old: aContainer({ restartPolicy: NEVER }) }),
    intent: anIntent({ old: { restartPolicy: NEVER } }),
  },
  'one that does not run': {
    snapshot: aSnapshot({ old: aContainer({ status: 'exited' }) }),
    intent: anIntent({ old: { wasRunning: false } }),
  },
  'one that was left under its temporary name': {
    snapshot: aSnapshot({ old: aContainer({ status: 'exited', name: 'web.deploy-old' }) }),
    intent: anIntent({ old: { wasRunning: false } }),
  },
};
/** Those in which two containers run at once for a while. */
export const OVERLAPS: Readonly<Record<string, SimulatedState>> = {
  'one by start-first': anOverlap('start-first'),
  'one by start-first that is drained and watched': withDrain(anOverlap('start-first')),
  'one by handover': anOverlap('handover'),
  'one by handover that is drained': withDrain(anOverlap('handover')),
  'one by handover without macvlan': withInternal(anOverlap('handover')),
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
