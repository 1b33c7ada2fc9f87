import { Injectable } from '@nestjs/common';
import { replacementOf, type Replacement } from '../../../docker/creation/container-options.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import type { ContainerInspection } from '../../../docker/inspection/inspection.js';
import type { DependentIntent } from '../../../domain/rollout/dependents.js';
import { DeployError } from '../../../domain/errors.js';
import { canonicalRepository } from '../../../domain/image/image-reference.js';
import { writtenImage } from '../../../domain/image/written-image.js';
import { candidateLabels } from '../../../domain/rollout/labels.js';
import { networksWithNames, networksWithoutNames } from '../../../domain/rollout/networks.js';
import type { NetworkAttachment, RolloutIntent } from '../../../domain/rollout/intent.js';
import { rolloutNames } from '../../../domain/rollout/rollout-names.js';
import { Storage } from '../../../storage/storage.js';
import { dependentReplacement } from './dependent-replacement.js';
import type { Observation } from '../observer.js';
import { replacementSettings } from './replacement-settings.js';
import { TagLock } from '../../locks/tag-lock.js';

/** Another program may move a tag between tagging and creating; the creation is tried this many times. */
const TAG_TRIES = 3;

/** Creates the containers of a rollout: the new one, and the copy of an old one that was run with `--rm`. */
@Injectable()
export class ContainerMaker {
  readonly #lock = new TagLock();

  constructor(private readonly storage: Storage) {}

  /**
   * How to create the new container: the old one's settings, the new image, Deploy's labels.
   * @param look An observation that includes the old container.
   */
  async candidate(
    engine: EngineClient,
    intent: RolloutIntent,
    observation: Observation,
  ): Promise<Replacement> {
    const container = observation.inspections.get(intent.old.id);
    if (container === undefined) {
      throw new DeployError('container-missing', `the container ${intent.container} was removed`);
    }
    const { body, ...rest } = replacementOf({
      ...(await replacementSettings(engine, container, observation.oldImage)),
      ...networksAtFirst(intent),
      image: intent.image,
      labels: candidateLabels(intent, this.storage.instanceId),
      newImageId: intent.imageId,
    });
    return { body: intent.strategy === 'handover' ? unarmed(body) : body, ...rest };
  }

  /** Creates the new container, makes sure that it has the pulled image, and returns its inspection. */
  async createCandidate(
    engine: EngineClient,
    intent: RolloutIntent,
    observation: Observation,
  ): Promise<ContainerInspection> {
    const { candidate } = rolloutNames(intent.container);
    const replacement = await this.candidate(engine, intent, observation);
    return this.holdTag(intent.image, engine, () =>
      createFrom(engine, intent.image, wantedImage(intent), candidate, replacement),
    );
  }

  /**
   * Creates the copy of the old container, from the old image. The tag that its user wrote points to the old image
   * meanwhile.
   */
  async createTwin(engine: EngineClient, intent: RolloutIntent): Promise<void> {
    const record = intent.old.record as Replacement | null;
    if (record === null)
      throw new DeployError('restore-failed', 'there is no record of its settings');
    const { twin } = rolloutNames(intent.container);
    await this.holdTag(intent.old.image, engine, async () => {
      await createFrom(engine, intent.old.image, intent.old.imageId, twin, record);
      if (intent.imageId === null || intent.goal !== 'forward') return;
      await pointTag(engine, intent.image, intent.imageId);
    });
  }

  /** How to create a dependent's replacement. @param look An observation that includes what it depends on. */
  dependent(
    engine: EngineClient,
    intent: RolloutIntent,
    dependent: DependentIntent,
    observation: Observation,
  ): Promise<Replacement> {
    return dependentReplacement(engine, intent, dependent, observation, this.storage.instanceId);
  }

  /**
   * Creates a container from an image that its tag may no longer point to: the tag points to it meanwhile, and is
   * moved back afterwards.
   * @param back What the tag is moved to if it points to that image already; null: it stays there.
   */
  async createOnImage(
    engine: EngineClient,
    { image, imageId }: { readonly image: string; readonly imageId: string },
    name: string,
    replacement: Replacement,
    back: string | null,
  ): Promise<ContainerInspection> {
    return this.holdTag(image, engine, async () => {
      const before = (await engine.image(image))?.Id ?? imageId;
      try {
        return await createFrom(engine, image, imageId, name, replacement);
      } finally {
        await pointTag(engine, image, before === imageId ? (back ?? imageId) : before);
      }
    });
  }

  /** Points a tag to the image that it named before a dependent was created from it. */
  async returnTag(engine: EngineClient, image: string, imageId: string): Promise<void> {
    await this.holdTag(image, engine, () => pointTag(engine, image, imageId));
  }

  /** Points the local tag to the old image again, if the old container was created with that tag. */
  async restoreTag(engine: EngineClient, intent: RolloutIntent): Promise<void> {
    if (!isSameTag(intent.image, intent.old.image)) return;
    await this.holdTag(intent.image, engine, () =>
      pointTag(engine, intent.image, intent.old.imageId),
    );
  }

  private holdTag<T>(image: string, engine: EngineClient, work: () => Promise<T>): Promise<T> {
    const local = localTag(image);
    const key = local === null ? image : `${canonicalRepository(local.repository)}:${local.tag}`;
    return this.#lock.hold(engine.engine.name, key, work);
  }
}

/** Beside the old container the new one cannot be found by name yet, unless configured otherwise. */
function networksAtFirst(intent: RolloutIntent): { networks?: readonly NetworkAttachment[] } {
  if (intent.strategy === 'recreate') return {};
  // It is connected to the others once it runs.
  if (intent.strategy === 'handover') return { networks: networksWithoutNames(intent).slice(0, 1) };
  const hasNames = intent.aliases === 'at-start';
  return { networks: hasNames ? networksWithNames(intent) : networksWithoutNames(intent) };
}

/** A restarted engine must not start it while the old container has the ports. */
function unarmed(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const never = { Name: 'no', MaximumRetryCount: 0 };
  return { ...body, HostConfig: { ...(body['HostConfig'] as object), RestartPolicy: never } };
}

async function createFrom(
  engine: EngineClient,
  image: string,
  imageId: string,
  name: string,
  replacement: Replacement,
): Promise<ContainerInspection> {
  for (let attempt = 1; attempt <= TAG_TRIES; attempt++) {
    await pointTag(engine, image, imageId);
    const id = await engine.create(name, replacement.body, replacement.platform);
    const created = await engine.container(id);
    if (created?.Image === imageId) return created;
    await engine.remove(id);
  }
  throw new DeployError('tag-moved', `something else keeps moving the local tag ${image}`);
}

/** Connects a container that was not started yet to the networks that the create call could not name. */
export async function connectFurther(
  engine: EngineClient,
  id: string,
  replacement: Pick<Replacement, 'furtherNetworks'>,
): Promise<void> {
  for (const network of replacement.furtherNetworks) {
    await engine.networks.connect(network.name, id, network.endpoint);
  }
}

function wantedImage(intent: RolloutIntent): string {
  if (intent.imageId === null) throw new DeployError('internal', 'the image was not pulled');
  return intent.imageId;
}

async function pointTag(engine: EngineClient, image: string, imageId: string): Promise<void> {
  const local = localTag(image);
  if (local !== null) await engine.tag(imageId, local.repository, local.tag);
}

/** Null if the container was created by image id or digest: then there is no tag to move. */
function localTag(image: string): { repository: string; tag: string } | null {
  const written = writtenImage(image);
  if (written === null || written.tag === null || written.digest !== null) return null;
  return { repository: written.repository, tag: written.tag };
}

/** Whether two references are the same tag, however they are written. */
export function isSameTag(left: string, right: string): boolean {
  const [one, other] = [localTag(left), localTag(right)];
  if (one === null || other === null || one.tag !== other.tag) return false;
  return canonicalRepository(one.repository) === canonicalRepository(other.repository);
}
