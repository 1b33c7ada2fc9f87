import { replacementOf, type Replacement } from '../../../docker/creation/container-options.js';
import { boundTo, type Replaced } from '../../../docker/creation/dependent-body.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { isAffected, type DependentIntent } from '../../../domain/rollout/dependents.js';
import { DeployError } from '../../../domain/errors.js';
import { dependentLabels } from '../../../domain/rollout/labels.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { rolloutNames } from '../../../domain/rollout/rollout-names.js';
import type { Observation } from '../observer.js';
import { replacementSettings } from './replacement-settings.js';

/**
 * How to create a dependent's replacement: with its own settings and image, bound to the new containers that it
 * depends on.
 * @param look An observation that includes the dependent and the new containers.
 * @throws DeployError `dependent-failed` if the dependent is gone; EngineError.
 */
export async function dependentReplacement(
  engine: EngineClient,
  intent: RolloutIntent,
  dependent: DependentIntent,
  observation: Observation,
  instance: string,
): Promise<Replacement> {
  const container = observation.inspections.get(dependent.id);
  if (container === undefined) {
    throw new DeployError('dependent-failed', `the container ${dependent.name} was removed`);
  }
  const settings = await replacementSettings(
    engine,
    container,
    await engine.image(dependent.imageId),
  );
  const { body, ...rest } = replacementOf({
    ...settings,
    containerNames: new Map([...settings.containerNames, ...finalNames(intent)]),
    image: dependent.image,
    newImageId: dependent.imageId,
    labels: dependentLabels(dependent, intent, instance, container.Config.Labels ?? {}),
  });
  return { body: boundTo(body, container, replacedIn(observation, intent)), ...rest };
}

/** The final names of the containers that have temporary names now or soon. */
function finalNames({ old, container, dependents }: RolloutIntent): [string, string][] {
  return [
    [old.id, container],
    ...dependents.filter(isAffected).map(({ id, name }): [string, string] => [id, name]),
  ];
}

function replacedIn({ snapshot }: Observation, intent: RolloutIntent): Replaced[] {
  const { candidate, dependents } = snapshot;
  return finalNames(intent).flatMap(([id, final]) => {
    const now = id === intent.old.id ? candidate : (dependents[id]?.replacement ?? null);
    return now === null ? [] : [{ before: { id, names: [final, rolloutNames(final).old] }, now }];
  });
}
