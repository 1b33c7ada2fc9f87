import type { ReplacementInput } from '../../../docker/creation/options/replacement-input.js';
import type { ContainerSummary, EngineClient } from '../../../docker/client/engine-client.js';
import type {
  ContainerInspection,
  ImageInspection,
} from '../../../docker/inspection/inspection.js';

/** What determines how a container's replacement is created, apart from image and labels. */
export type ReplacementSettings = Omit<ReplacementInput, 'image' | 'labels' | 'newImageId'>;

/**
 * Asks the engine for everything else that determines how a container is recreated.
 * @param oldImage The image that it was created from.
 * @param peers All containers of the engine, if they are known already.
 * @throws EngineError
 */
export async function replacementSettings(
  engine: EngineClient,
  container: ContainerInspection,
  oldImage: ImageInspection | null,
  peers?: readonly ContainerSummary[],
): Promise<ReplacementSettings> {
  const sources = (container.HostConfig.VolumesFrom ?? []).map(
    (source) => source.split(':')[0] ?? '',
  );
  const [facts, containers, volumesFrom] = await Promise.all([
    engine.facts(),
    peers ?? (namesAnother(container) ? engine.containers() : []),
    Promise.all(sources.map((source) => engine.container(source))),
  ]);
  return {
    container,
    oldImage,
    apiVersion: facts.apiVersion,
    engine: facts,
    containerNames: new Map(containers.map((each) => [each.id, ownName(each)])),
    volumesFrom: volumesFrom.filter((each) => each !== null),
  };
}

/** A container that others link to is also listed under their names for it, such as `other/alias`. */
function ownName({ id, names }: ContainerSummary): string {
  return names.find((name) => !name.includes('/')) ?? id;
}

/** Whether a setting refers to another container, whose name is then needed. */
function namesAnother({ HostConfig: own }: ContainerInspection): boolean {
  const modes = [own.NetworkMode, own.IpcMode, own.PidMode];
  return modes.some((mode) => mode?.startsWith('container:')) || (own.VolumesFrom ?? []).length > 0;
}
