import type { ReplacementInput } from '../../../docker/creation/options/replacement-input.js';
import type { ContainerSummary, EngineClient } from '../../../docker/client/engine-client.js';
import type {
  ContainerInspection,
  ImageInspection,
} from '../../../docker/inspection/inspection.js';

/** What of the old container and its engine decides how its replacement is made. */
export type ReplacementSettings = Omit<ReplacementInput, 'image' | 'labels' | 'newImageId'>;

/**
 * Asks the engine for everything else that decides how a container is made anew.
 * @param oldImage What it was made from.
 * @param peers All containers of the engine, where they are known already.
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

/** A container that others link to is listed with their names for it, such as `other/alias`, too. */
function ownName({ id, names }: ContainerSummary): string {
  return names.find((name) => !name.includes('/')) ?? id;
}

/** Whether some setting refers to another container, whose name has to be known. */
function namesAnother({ HostConfig: own }: ContainerInspection): boolean {
  const modes = [own.NetworkMode, own.IpcMode, own.PidMode];
  return modes.some((mode) => mode?.startsWith('container:')) || (own.VolumesFrom ?? []).length > 0;
}
