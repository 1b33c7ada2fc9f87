import { newDeployment, type Deployment } from '../deployment/deployment.js';
import type { PolicyFacts } from '../policy/policy.js';
import { NO_POLICY } from '../settings/policy-settings.js';
import {
  NO_OVERLAP,
  NOTHING_DONE,
  type OldContainer,
  type RolloutIntent,
} from '../rollout/intent.js';
import type { Snapshot } from '../rollout/snapshot.js';
import type { ContainerState } from '../rollout/container-state.js';

export const OLD_ID = 'old-container';
const OLD_IMAGE = 'sha256:old-image';
export const NEW_IMAGE = 'sha256:new-image';
export const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER_DIGEST = `sha256:${'b'.repeat(64)}`;
export const NOON = '2026-01-01T12:00:00.000Z';
export const ALWAYS = { name: 'always', maximumRetryCount: 0 } as const;
export const NEVER = { name: 'no', maximumRetryCount: 0 } as const;

/** A new deployment of `acme/web:latest`, caused by a webhook. */
export function aDeployment(parts: Partial<Deployment> = {}): Deployment {
  const deployment = newDeployment(
    {
      id: 'deployment-1',
      environment: 'staging',
      service: 'web',
      image: 'docker.io/acme/web',
      tag: 'latest',
      trigger: { kind: 'webhook', by: 'hub', delivery: 'delivery-1' },
    },
    NOON,
  );
  return { ...deployment, ...parts };
}

/** Facts to which no policy rule objects. */
export function policyFacts(parts: Partial<PolicyFacts> = {}): PolicyFacts {
  return {
    rule: { kind: 'exact', tag: 'latest' },
    policy: NO_POLICY,
    isQuarantined: false,
    currentTag: null,
    hasRunBefore: false,
    freeze: null,
    promotion: null,
    ...parts,
  };
}

/** The old container, which runs as `web`. */
export function aContainer(parts: Partial<ContainerState> = {}): ContainerState {
  return {
    id: OLD_ID,
    name: 'web',
    imageId: OLD_IMAGE,
    status: 'running',
    startedAt: NOON,
    finishedAt: null,
    exitCode: 0,
    error: '',
    outOfMemory: false,
    health: 'none',
    healthyAt: null,
    restartCount: 0,
    restartPolicy: ALWAYS,
    autoRemove: false,
    labels: {},
    networks: {},
    unpublished: [],
    ...parts,
  };
}

/** The new container after its creation: not started, under its temporary name. */
export function aCandidate(parts: Partial<ContainerState> = {}): ContainerState {
  return aContainer({
    id: 'new-container',
    name: 'web.deploy-new',
    imageId: NEW_IMAGE,
    status: 'created',
    startedAt: null,
    ...parts,
  });
}

/** The copy of a `--rm` container after its creation. */
export function aTwin(parts: Partial<ContainerState> = {}): ContainerState {
  return aContainer({
    id: 'twin-container',
    name: 'web.deploy-twin',
    status: 'created',
    startedAt: null,
    restartPolicy: NEVER,
    autoRemove: true,
    ...parts,
  });
}

/** An engine on which only the old container runs, as `web`. */
export function aSnapshot(parts: Partial<Snapshot> = {}): Snapshot {
  return {
    epoch: 'epoch-1',
    old: aContainer(),
    candidate: null,
    twin: null,
    holder: null,
    leftovers: [],
    strangers: [],
    hasWaitingNetwork: false,
    dependents: {},
    hook: null,
    ...parts,
  };
}

/** The intent of a rollout of `acme/web:latest` that has not begun. */
export function anIntent({
  old,
  ...parts
}: Partial<Omit<RolloutIntent, 'old'>> & { old?: Partial<OldContainer> } = {}): RolloutIntent {
  return {
    deployment: 'deployment-1',
    engine: 'local',
    environment: 'staging',
    service: 'web',
    container: 'web',
    repository: 'docker.io/acme/web',
    image: 'acme/web:latest',
    digest: DIGEST,
    old: {
      id: OLD_ID,
      imageId: OLD_IMAGE,
      image: 'acme/web:latest',
      digest: OTHER_DIGEST,
      startedAt: NOON,
      wasRunning: true,
      restartPolicy: ALWAYS,
      autoRemove: false,
      record: null,
      ...old,
    },
    health: { timeoutMs: null, stableForMs: null, probe: null },
    probeVia: null,
    onFailure: 'rollback',
    furtherNetworks: [],
    skipSameImage: true,
    formerIds: [],
    ...NO_OVERLAP,
    ...NOTHING_DONE,
    ...parts,
  };
}

/** The start of a rollout by an overlapping strategy: `web` on a network of its own, with an alias. */
export function anOverlap(strategy: 'start-first' | 'handover'): {
  snapshot: Snapshot;
  intent: RolloutIntent;
} {
  const isHandover = strategy === 'handover';
  return {
    snapshot: aSnapshot({ old: aContainer({ networks: { front: ['shop'] } }) }),
    intent: anIntent({
      strategy,
      networks: [{ name: 'front', endpoint: { Aliases: ['shop'] } }],
      waiting: isHandover ? { name: '0-deploy-wait-br0', kind: 'macvlan', parent: 'br0' } : null,
      watchMs: isHandover ? 30_000 : 0,
    }),
  };
}

/** The start of a rollout of a container that was run with `--rm`. */
export function aRemovedWhenStopped(): { snapshot: Snapshot; intent: RolloutIntent } {
  return {
    snapshot: aSnapshot({ old: aContainer({ autoRemove: true, restartPolicy: NEVER }) }),
    intent: anIntent({ old: { autoRemove: true, restartPolicy: NEVER, record: { body: {} } } }),
  };
}
