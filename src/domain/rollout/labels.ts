import { isAffected, type DependentIntent } from './dependents.js';
import type { RolloutIntent } from './intent.js';
import type { RestartPolicy } from './container-state.js';

/** Labels on every container that Deploy creates. */
export const LABELS = {
  environment: 'deploy.environment',
  service: 'deploy.service',
  deployment: 'deploy.deployment',
  image: 'deploy.image',
  digest: 'deploy.digest',
  /** Local id of that digest's image: it shows when labels were copied to a container of another image. */
  imageId: 'deploy.image-id',
  instance: 'deploy.instance',
  /** `new`; `twin`: the copy of a `--rm` container; `dependent`: replaces a dependent; `hook`: a hook's container. */
  role: 'deploy.role',
  strategy: 'deploy.strategy',
  /** Final name of the container. */
  container: 'deploy.container',
  /** Full id of the replaced container. */
  replaces: 'deploy.replaces',
  /** Restart policy of the replaced container, as JSON. */
  restart: 'deploy.restart',
} as const;

/** Further labels on the new container of an overlapping strategy. */
export const OVERLAP_LABELS = {
  /** The service's networks with their settings, as JSON. */
  networks: 'deploy.networks',
  /** The network on which the container waits in a handover, as JSON. */
  waiting: 'deploy.waiting',
} as const;

/** Label of containers into which files of an earlier one were copied: their paths as JSON. */
const FILES_LABEL = 'deploy.files';
/** The role of a container that replaces a dependent. */
export const DEPENDENT_ROLE = 'dependent';
/** The role of a hook's one-off container. */
export const HOOK_ROLE = 'hook';

/** Further labels if other containers depend on the replaced one. */
export const DEPENDENT_LABELS = {
  /** On the new container: the dependents that have to follow, with what the engine cannot show, as JSON. */
  dependents: 'deploy.dependents',
} as const;

/** The labels that Deploy sets itself. Others under the same prefix belong to the user. */
export const CONTROL_LABELS: readonly string[] = [
  ...Object.values(LABELS),
  ...Object.values(OVERLAP_LABELS),
  FILES_LABEL,
  ...Object.values(DEPENDENT_LABELS),
];

/** The labels of the new container: enough to recover the rollout from the engine without the journal. */
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

/** The owner of a container, and which version of which service it runs. */
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

/** Of the labels that a dependent has from its own service's deployments, those that say what it runs. */
const KEPT: readonly string[] = [
  LABELS.environment,
  LABELS.service,
  LABELS.image,
  LABELS.digest,
  LABELS.imageId,
];

/**
 * The labels of the container that replaces a dependent.
 * @param before The dependent's labels: those of its own service are kept.
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

/** The labels of a hook's one-off container, by which it is found after a crash. */
export function hookLabels(intent: RolloutIntent, instance: string): Record<string, string> {
  return {
    ...labelsOfVersion(intent, instance),
    [LABELS.role]: HOOK_ROLE,
  };
}

/** The labels of a twin: those of the old version, except for its role. */
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

/** Paths of the files that were copied into a container, by its label; none if the label is malformed. */
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
