import { Injectable } from '@nestjs/common';
import { containerState } from '../../../docker/inspection/container-state.js';
import { replacementOf } from '../../../docker/creation/container-options.js';
import type { ContainerSummary, EngineClient } from '../../../docker/client/engine-client.js';
import { Engines } from '../../../docker/client/engines.js';
import {
  nameOf,
  type ContainerInspection,
  type ImageInspection,
} from '../../../docker/inspection/inspection.js';
import { whyNotRestartable, whyUnsupported } from '../../../docker/inspection/refusals.js';
import { runningDigest } from '../../../docker/inspection/running-digest.js';
import type { Deployment } from '../../../domain/deployment/deployment.js';
import type { Service } from '../../../domain/settings/environment.js';
import { isAffected, type DependentIntent } from '../../../domain/rollout/dependents.js';
import { DeployError } from '../../../domain/errors.js';
import { canonicalRepository } from '../../../domain/image/image-reference.js';
import { writtenImage } from '../../../domain/image/written-image.js';
import { carriedFiles, twinLabels } from '../../../domain/rollout/labels.js';
import { NOTHING_DONE, type RolloutIntent } from '../../../domain/rollout/intent.js';
import { rolloutNames } from '../../../domain/rollout/rollout-names.js';
import { isActive } from '../../../domain/rollout/container-state.js';
import { Storage } from '../../../storage/storage.js';
import { hostname } from 'node:os';
import { findDependents } from './find-dependents.js';
import { observationOf, type ObservationBasis } from '../observer.js';
import { chooseProbeWay } from '../health/probe.js';
import { chooseFor } from './strategy-choice.js';
import { replacementSettings, type ReplacementSettings } from '../steps/replacement-settings.js';

/** How many earlier deployments are searched for containers that they may have left behind. */
const FORMER_DEPLOYMENTS = 20;

/** A rollout that has not started. */
export interface Prepared {
  readonly intent: RolloutIntent;
  /** Why the intent has its strategy; human-readable. */
  readonly strategyReason: string;
  /** What its first observation starts from. */
  readonly basis: ObservationBasis;
}

/** Inspects the running container before anything is touched and determines what a rollout would start from. */
@Injectable()
export class RolloutPreparation {
  constructor(
    private readonly engines: Engines,
    private readonly storage: Storage,
  ) {}

  /**
   * What a rollout would start from.
   * @throws DeployError if it must not start: `container-missing`, `container-paused`,
   * `container-unsupported`, `image-mismatch`, `has-dependents`, `probe-unreachable`,
   * `strategy-unsupported`; EngineError.
   */
  async prepare(
    deployment: Pick<Deployment, 'id' | 'tag' | 'force'> & { readonly digest: string },
    service: Service,
  ): Promise<Prepared> {
    const engine = this.engines.get(service.engine);
    // The slowest answer, cached for the next caller.
    engine.facts().catch(() => undefined);
    const { environment, name } = service;
    const former = await this.storage.deployments.intentsOf(environment, name, FORMER_DEPLOYMENTS);
    const formerIds = former.flatMap((each) => idsIn(each as RolloutIntent));
    const [container, peers, epoch] = await Promise.all([
      currentContainer(engine, service, formerIds),
      engine.containers(),
      engine.epoch(),
    ]);
    refuseUnsupported(container);
    const [image, dependents] = await Promise.all([
      engine.image(container.Image),
      entangledWith(engine, container, peers),
    ]);
    const settings = await replacementSettings(engine, container, image, peers);
    const written = writtenRepository(container, image, service);
    const state = containerState(container);
    if (state === null) throw missing(service);
    if (state.status === 'paused') {
      throw new DeployError(
        'container-paused',
        `the container ${service.container} is paused; unpause it first`,
      );
    }
    const [probeVia, files] = await Promise.all([
      chooseProbeWay(engine, container, service.rollout.health.probe),
      // The files of a --rm container go with it, and compose creates no such service.
      state.autoRemove ? [] : engine.files.find(container, carriedFiles(container.Config.Labels)),
    ]);
    const { overlap, reason } = await chooseFor(
      engine,
      container,
      service.rollout,
      probeVia,
      dependents,
    );
    const intent: RolloutIntent = {
      deployment: deployment.id,
      engine: service.engine,
      environment: service.environment,
      service: service.name,
      container: service.container,
      repository: service.repository,
      image: `${written}:${deployment.tag}`,
      digest: deployment.digest,
      old: {
        id: state.id,
        imageId: state.imageId,
        image: container.Config.Image ?? '',
        digest: runningDigest(container, image, service.repository).digest,
        startedAt: state.startedAt,
        wasRunning: isActive(state),
        restartPolicy: state.restartPolicy,
        autoRemove: state.autoRemove,
        record: null,
      },
      health: service.rollout.health,
      probeVia,
      onFailure: service.rollout.onFailure,
      furtherNetworks: [],
      skipSameImage: !deployment.force,
      formerIds,
      ...overlap,
      ...NOTHING_DONE,
      files,
      dependents,
      hooks: service.hooks,
    };
    const answers = {
      epoch,
      oldImage: image,
      hasWaitingNetwork: false,
      inspections: new Map([[container.Id, container]]),
    };
    return {
      strategyReason: reason,
      intent: this.withReplacement(settings, intent),
      basis: {
        before: observationOf(answers, intent, this.storage.instanceId),
        refresh: peers.some((each) => isOfInterest(each, intent)) ? 'all' : [],
      },
    };
  }

  /** Completes the intent from the new container's settings. */
  private withReplacement(settings: ReplacementSettings, intent: RolloutIntent): RolloutIntent {
    const replacement = replacementOf({
      ...settings,
      image: intent.image,
      labels: {},
      newImageId: null,
    });
    const furtherNetworks = replacement.furtherNetworks.map((network) => network.name);
    if (!intent.old.autoRemove) return { ...intent, furtherNetworks };
    const record = replacementOf({
      ...settings,
      image: intent.old.image,
      labels: twinLabels(intent, this.storage.instanceId),
      newImageId: intent.old.imageId,
    });
    return { ...intent, furtherNetworks, old: { ...intent.old, record } };
  }
}

/** The container with the service's name, or else the old one that a failed deployment left beside it. */
async function currentContainer(
  engine: EngineClient,
  service: Service,
  formerIds: readonly string[],
): Promise<ContainerInspection> {
  const names = rolloutNames(service.container);
  const current = await engine.container(names.final);
  // The engine also takes a name for a prefix of an id.
  if (current !== null && nameOf(current) === names.final) return current;
  const left = await engine.container(names.old);
  if (left !== null && formerIds.includes(left.Id)) return left;
  throw missing(service);
}

/** Whether the container has one of the names that a rollout uses, or is a dependent that has to follow. */
function isOfInterest({ id, names }: ContainerSummary, intent: RolloutIntent): boolean {
  if (intent.dependents.some((each) => each.id === id && isAffected(each))) return true;
  const used = Object.values(rolloutNames(intent.container));
  return id !== intent.old.id && names.some((name) => used.includes(name));
}

/** Ids of the containers that a rollout replaced. Intents of older versions of Deploy hold no dependents. */
function idsIn({ old, dependents }: RolloutIntent): string[] {
  const others = (dependents as RolloutIntent['dependents'] | undefined) ?? [];
  return [old.id, ...others.filter(({ does }) => does === 'recreate').map(({ id }) => id)];
}

function missing(service: Service): DeployError {
  return new DeployError(
    'container-missing',
    `there is no container ${service.container} on engine ${service.engine}; create it once manually (docker run, docker compose), and Deploy keeps its settings from then on`,
  );
}

function refuseUnsupported(container: ContainerInspection): void {
  const reason = whyUnsupported(container, { hostname: hostname() });
  if (reason !== null) throw new DeployError('container-unsupported', reason);
}

/** The repository as the container's user wrote it, e.g. `acme/web` for `docker.io/acme/web`. */
function writtenRepository(
  container: ContainerInspection,
  image: ImageInspection | null,
  service: Service,
): string {
  const written = container.Config.Image ?? '';
  const own = writtenImage(written);
  // A container that was created by image id: the image itself must be known to be of this repository.
  const candidates =
    own === null ? [...(image?.RepoDigests ?? []), ...repoTags(image)].map(writtenImage) : [own];
  const repository = candidates
    .map((each) => each?.repository)
    .find((each) => each !== undefined && canonicalRepository(each) === service.repository);
  if (repository === undefined) throw mismatch(service, written);
  return repository;
}

function repoTags(image: ImageInspection | null): string[] {
  const tags = image?.['RepoTags'];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

function mismatch(service: Service, written: string): DeployError {
  return new DeployError(
    'image-mismatch',
    `the container ${service.container} runs ${written}, which is not of the repository ${service.repository} that the configuration names for ${service.environment}/${service.name}`,
  );
}

/**
 * The containers that have to follow when this one is replaced.
 * @throws DeployError if it or one of them could not be started again.
 */
async function entangledWith(
  engine: EngineClient,
  container: ContainerInspection,
  peers: readonly ContainerSummary[],
): Promise<readonly DependentIntent[]> {
  const otherIds = peers.map((each) => each.id).filter((id) => id !== container.Id);
  const inspections = await Promise.all(otherIds.map((id) => engine.container(id)));
  const others = inspections.filter((each) => each !== null);
  const reason = whyNotRestartable(container, others);
  if (reason !== null) throw new DeployError('container-unsupported', reason);
  return findDependents(engine, container, others);
}
