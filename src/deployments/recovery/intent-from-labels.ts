import { containerState } from '../../docker/inspection/container-state.js';
import type { EngineClient } from '../../docker/client/engine-client.js';
import { canonicalRepository } from '../../domain/image/image-reference.js';
import type { Service } from '../../domain/settings/environment.js';
import { ALL_HOOKS_RUN, NO_HOOKS } from '../../domain/rollout/hooks.js';
import {
  carriedFiles,
  DEPENDENT_LABELS,
  LABELS,
  OVERLAP_LABELS,
} from '../../domain/rollout/labels.js';
import { NO_OVERLAP, NOTHING_DONE, type RolloutIntent } from '../../domain/rollout/intent.js';
import { rolloutNames } from '../../domain/rollout/rollout-names.js';
import {
  isActive,
  type ContainerState,
  type RestartPolicy,
} from '../../domain/rollout/container-state.js';
import { watchByDefault } from '../rollout/preparing/strategy-choice.js';

const RESTART_POLICIES = ['no', 'always', 'unless-stopped', 'on-failure'];

/** What the labels do not tell is as the configuration now has it. */
export function asConfigured(read: RolloutIntent, { rollout, hooks }: Service): RolloutIntent {
  const { health, onFailure, drain, watchMs } = rollout;
  return {
    ...read,
    hooks,
    // Nobody knows how a probe reached it.
    health: { ...health, probe: null },
    onFailure,
    drain: read.strategy === 'recreate' ? null : drain,
    watchMs: watchMs ?? watchByDefault(read.strategy),
  };
}

/**
 * The intent that a new container's labels tell of; null where they are incomplete or nothing is left to do but
 * to remove the network that it had waited on.
 */
export async function intentFromLabels(
  engine: EngineClient,
  id: string,
): Promise<RolloutIntent | null> {
  const inspection = await engine.container(id);
  const candidate = inspection === null ? null : containerState(inspection);
  if (candidate === null) return null;
  const label = (name: keyof typeof LABELS): string => candidate.labels[LABELS[name]] ?? '';
  const isComplete = (Object.keys(LABELS) as (keyof typeof LABELS)[]).every(
    (name) => label(name) !== '',
  );
  if (!isComplete) return null;
  const oldInspection = await engine.container(label('replaces'));
  const old = oldInspection === null ? null : containerState(oldInspection);
  const names = rolloutNames(label('container'));
  const isUntouched = old !== null && isActive(old) && candidate.startedAt === null;
  const dependents = dependentsOf(candidate);
  const left = await Promise.all(dependents.map((each) => engine.container(each.id)));
  const isTidied = dependents.every(
    ({ does }, index) => does !== 'recreate' || left[index] === null,
  );
  const isCommitted = candidate.name === names.final && old === null && isTidied;
  const isForeign = ![names.final, names.candidate, names.failed].includes(candidate.name);
  const overlap = overlapOf(candidate);
  if (isCommitted && overlap.waiting != null) {
    await engine.networks.removeUnused(overlap.waiting.name);
  }
  if (isCommitted || isForeign) return null;
  return {
    deployment: label('deployment'),
    engine: engine.engine.name,
    environment: label('environment'),
    service: label('service'),
    container: names.final,
    repository: canonicalRepository(label('image')),
    image: label('image'),
    digest: label('digest'),
    old: {
      id: label('replaces'),
      imageId: old?.imageId ?? '',
      image: oldInspection?.Config.Image ?? label('image'),
      digest: null,
      startedAt: null,
      wasRunning: true,
      restartPolicy: policyOf(label('restart'), candidate),
      autoRemove: candidate.autoRemove,
      record: null,
    },
    health: { timeoutMs: null, stableForMs: null, probe: null },
    probeVia: null,
    onFailure: 'rollback',
    furtherNetworks: [],
    skipSameImage: false,
    formerIds: [],
    ...NO_OVERLAP,
    ...NOTHING_DONE,
    // Those before were run before anything was touched, and may have been run while nothing is.
    hooksRun: { ...NO_HOOKS.hooksRun, before: isUntouched ? 0 : ALL_HOOKS_RUN },
    files: carriedFiles(candidate.labels),
    ...overlap,
    dependents,
    // They may have been told to stop, and what takes their places may lack something.
    unfinishedDependents: dependents
      .filter(({ does }) => does === 'recreate')
      .map((each) => each.id),
    touchedDependents: dependents.filter((each) => each.wasRunning).map(({ id: each }) => each),
    goal: candidate.name === names.failed ? 'back' : 'forward',
    connected: true,
    imageId: candidate.imageId,
    // It may have been: then a failure has to bring the old one back.
    stopIssued: label('strategy') === 'recreate',
    tagRestored: old === null,
  };
}

/** What the labels tell of a strategy that lets two containers run at once. */
function overlapOf({ labels }: ContainerState): Partial<RolloutIntent> {
  const strategy = labels[LABELS.strategy];
  if (strategy !== 'start-first' && strategy !== 'handover') return {};
  const networks = parsed(labels[OVERLAP_LABELS.networks]) as RolloutIntent['networks'] | null;
  const waiting = parsed(labels[OVERLAP_LABELS.waiting]) as RolloutIntent['waiting'];
  return { strategy, networks: networks ?? [], waiting };
}

/** What the labels tell of the containers that depend on the replaced one. */
function dependentsOf({ labels }: ContainerState): RolloutIntent['dependents'] {
  const told = parsed(labels[DEPENDENT_LABELS.dependents]);
  return Array.isArray(told) ? (told as RolloutIntent['dependents']) : [];
}

/** Null if the label was changed manually. */
function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? null : JSON.parse(json);
  } catch {
    return null;
  }
}

function policyOf(json: string, candidate: ContainerState): RestartPolicy {
  const { name, maximumRetryCount } = (parsed(json) ?? {}) as Partial<RestartPolicy>;
  if (name !== undefined && RESTART_POLICIES.includes(name)) {
    return { name, maximumRetryCount: maximumRetryCount ?? 0 };
  }
  // Somebody changed the label: the new container has the same policy.
  return candidate.restartPolicy;
}
