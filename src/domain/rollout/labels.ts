import { isAffected, type DependentIntent } from './dependents.js';
import type { RolloutIntent } from './intent.js';
import type { RestartPolicy } from './container-state.js';

/** Labels on every container that Deploy creates (CONTRACT section 5). */
export const LABELS = {
  environment: 'deploy.environment',
  service: 'deploy.service',
  deployment: 'deploy.deployment',
  image: 'deploy.image',
  digest: 'deploy.digest',
  /** Local id of that digest's image: a label that was copied to another image does not match it. */
  imageId: 'deploy.image-id',
  instance: 'deploy.instance',
  /** `new`, `twin` for the copy of a `--rm` container, `dependent` for what depends on the replaced one, `hook`. */
  role: 'deploy.role',
  strategy: 'deploy.strategy',
  /** Final name of the container. */
  container: 'deploy.container',
  /** Full id of the container that it replaces. */
  replaces: 'deploy.replaces',
  /** Restart policy of the replaced one, as JSON. */
  restart: 'deploy.restart',
} as const;

/** Further labels on the new container of an overlapping strategy. */
export const OVERLAP_LABELS = {
  /** The service's networks with their settings, as JSON. */
  networks: 'deploy.networks',
  /** The network on which it waits in a handover, as JSON. */
  waiting: 'deploy.waiting',
} as const;

/** A label of containers that bear files of an earlier one. */
const FILES_LABEL = 'deploy.files';
/** The role of a container that takes a dependent's place. */
export const DEPENDENT_ROLE = 'dependent';
/** The role of the one-off container that a hook runs. */
export const HOOK_ROLE = 'hook';

/** Further labels where other containers depend on the one that is replaced. */
export const DEPENDENT_LABELS = {
  /** On the new container: those that need something, with what the engine cannot show, as JSON. */
  dependents: 'deploy.dependents',
} as const;

/** The labels that Deploy sets itself. Others under the same prefix are their user's. */
export const CONTROL_LABELS: readonly string[] = [
  ...Object.values(LABELS),
  ...Object.values(OVERLAP_LABELS),
  FILES_LABEL,
  ...Object.values(DEPENDENT_LABELS),
];

/** The labels of the new container: the journal's story told again on the engine. */
export function candidateLabels(intent: RolloutIntent, instance: string): Record<string, string> {
  return {
    ...labelsOfVersion(intent, instance),
    [LABELS.role]: 'new',
    [LABELS.strategy]: intent.strategy,
    [LABELS.replaces]: intent.old.id,
    [LABELS.restart]: JSON.stringify(intent.old.restartPolicy satisfies RestartPolicy),
    ...overlapLabels(intent),
    ...labelOfFiles(intent),
    ...labelOfDependents(intent),
  };
}

/** Whose it is, and which version of which service. */
function labelsOfVersion(intent: RolloutIntent, instance: string): Record<string, string> {
  return {
    [LABELS.environment]: intent.environment,
    [LABELS.service]: intent.service,
    [LABELS.deployment]: intent.deployment,
    [LABELS.image]: intent.image,
    [LABELS.digest]: intent.digest,
    [LABELS.imageId]: intent.imageId ?? '',
    [LABELS.instance]: instance,
    [LABELS.container]: intent.container,
  };
}

function overlapLabels({ strategy, networks, waiting }: RolloutIntent): Record<string, string> {
  if (strategy === 'recreate') return {};
  return {
    [OVERLAP_LABELS.networks]: JSON.stringify(networks),
    ...(waiting === null ? {} : { [OVERLAP_LABELS.waiting]: JSON.stringify(waiting) }),
  };
}

function labelOfFiles({ files }: Pick<RolloutIntent, 'files'>): Record<string, string> {
  return files.length === 0 ? {} : { [FILES_LABEL]: JSON.stringify(files) };
}

function labelOfDependents({ dependents }: RolloutIntent): Record<string, string> {
  const needy = dependents.filter(isAffected);
  return needy.length === 0 ? {} : { [DEPENDENT_LABELS.dependents]: JSON.stringify(needy) };
}

/** Of the labels that a dependent got by its own service's deployments, those that tell what it runs. */
const KEPT: readonly string[] = [
  LABELS.environment,
  LABELS.service,
  LABELS.image,
  LABELS.digest,
  LABELS.imageId,
];

/**
 * The labels of the container that takes a dependent's place.
 * @param before Those of the dependent: what its own service says of it stays.
 */
export function dependentLabels(
  dependent: Pick<DependentIntent, 'id' | 'name' | 'files'>,
  intent: RolloutIntent,
  instance: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(before).filter(([label]) => KEPT.includes(label))),
    [LABELS.deployment]: intent.deployment,
    [LABELS.instance]: instance,
    [LABELS.role]: DEPENDENT_ROLE,
    [LABELS.container]: dependent.name,
    [LABELS.replaces]: dependent.id,
    ...labelOfFiles(dependent),
  };
}

/** The labels of the one-off container that a hook runs: by them it is found after a crash. */
export function hookLabels(intent: RolloutIntent, instance: string): Record<string, string> {
  return {
    ...labelsOfVersion(intent, instance),
    [LABELS.role]: HOOK_ROLE,
  };
}

/** The labels of a twin: it is the old version in everything but its role. */
export function twinLabels(intent: RolloutIntent, instance: string): Record<string, string> {
  const { [LABELS.digest]: _newDigest, ...labels } = candidateLabels(intent, instance);
  return {
    ...labels,
    [LABELS.role]: 'twin',
    [LABELS.image]: intent.old.image,
    [LABELS.imageId]: intent.old.imageId,
    ...(intent.old.digest === null ? {} : { [LABELS.digest]: intent.old.digest }),
  };
}

/** Paths of the files that a container bears for an earlier one, by its label; none where somebody changed that. */
export function carriedFiles(
  labels: Readonly<Record<string, string>> | null | undefined,
): string[] {
  try {
    const paths: unknown = JSON.parse(labels?.[FILES_LABEL] ?? '[]');
    const isPath = (each: unknown): each is string =>
      typeof each === 'string' && each.startsWith('/');
    return Array.isArray(paths) ? paths.filter(isPath) : [];
  } catch {
    return [];
  }
}
