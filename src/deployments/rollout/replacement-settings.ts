import type { ReplacementInput } from '../../docker/options/replacement-input.js';
import type { EngineClient } from '../../docker/engine-client.js';
import type { ContainerInspection } from '../../docker/inspection.js';

/** What of the old container and its engine decides how its replacement is made. */
export type ReplacementSettings = Omit<ReplacementInput, 'image' | 'labels' | 'newImageId'>;

/** Asks the engine for everything that decides how a container is made anew. @throws EngineError */
export async function replacementSettings(
  engine: EngineClient,
  container: ContainerInspection,
): Promise<ReplacementSettings> {
  const facts = await engine.facts();
  const containers = await engine.containers();
  const sources = (container.HostConfig.VolumesFrom ?? []).map(
    (source) => source.split(':')[0] ?? '',
  );
  const volumesFrom = await Promise.all(sources.map((source) => engine.container(source)));
  return {
    container,
    oldImage: await engine.image(container.Image),
    apiVersion: facts.apiVersion,
    engine: facts,
    containerNames: new Map(containers.map((each) => [each.id, each.names[0] ?? each.id])),
    volumesFrom: volumesFrom.filter((each) => each !== null),
  };
}
