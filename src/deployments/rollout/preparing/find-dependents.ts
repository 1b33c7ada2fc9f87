import { hostname } from 'node:os';
import { containerState } from '../../../docker/inspection/container-state.js';
import { dependencesAmong, proofOf, whyNotFollow } from '../../../docker/inspection/dependents.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { nameOf, type ContainerInspection } from '../../../docker/inspection/inspection.js';
import { isAffected, type DependentIntent } from '../../../domain/rollout/dependents.js';
import {
  dependentsInOrder,
  type OrderedDependent,
} from '../../../domain/rollout/dependents-order.js';
import { DeployError } from '../../../domain/errors.js';
import { carriedFiles } from '../../../domain/rollout/labels.js';

/**
 * Everything that depends on a container, directly or through others, in the order in which to bring it up.
 * @param others All other containers of the engine.
 * @throws DeployError `has-dependents` if one of them cannot follow when the container is replaced; EngineError.
 */
export async function findDependents(
  engine: EngineClient,
  container: ContainerInspection,
  others: readonly ContainerInspection[],
): Promise<readonly DependentIntent[]> {
  const all = [container, ...others];
  const known = all.map((each) => {
    return { id: each.Id, name: nameOf(each), isRunning: each.State.Running };
  });
  const order = dependentsInOrder(container.Id, dependencesAmong(all), known);
  if (order.kind === 'circle') {
    throw refused(container, [`${order.names.join(', ')} depend on each other in a circle`]);
  }
  const found = order.dependents.flatMap((ordered) => {
    const inspection = others.find((each) => each.Id === ordered.id);
    return inspection === undefined ? [] : [{ ordered, inspection }];
  });
  const affected = found.filter(({ ordered }) => isAffected(ordered));
  if (affected.length > 0) refuseEntangled(container, affected, others);
  const now = affected.length > 0 ? await engine.now() : 0;
  return Promise.all(found.map((each) => intentOf(engine, each.ordered, each.inspection, now)));
}

interface Found {
  readonly ordered: OrderedDependent;
  readonly inspection: ContainerInspection;
}

function refuseEntangled(
  container: ContainerInspection,
  affected: readonly Found[],
  others: readonly ContainerInspection[],
): void {
  const self = { hostname: hostname() };
  const brought = [container.Id, ...affected.map(({ ordered }) => ordered.id)];
  const reasons = affected.flatMap(({ ordered, inspection }) => {
    const why = whyNotFollow(inspection, [container, ...others], brought, self);
    return why === null ? [] : [`${why} (it depends on it through ${ordered.by.join(', ')})`];
  });
  const isBound = affected.some(({ ordered }) => ordered.does === 'recreate');
  if (container.HostConfig.AutoRemove === true && isBound) {
    const bound = affected.filter(({ ordered }) => ordered.does === 'recreate');
    const names = bound.map(({ inspection }) => nameOf(inspection)).join(', ');
    reasons.push(
      `${nameOf(container)} was run with --rm, so ${names} could not be bound to it again once it is gone`,
    );
  }
  if (reasons.length > 0) throw refused(container, reasons);
}

function refused(container: ContainerInspection, reasons: readonly string[]): DeployError {
  return new DeployError(
    'has-dependents',
    `other containers depend on ${nameOf(container)} and cannot follow when it is replaced: ${reasons.join('; ')}`,
  );
}

async function intentOf(
  engine: EngineClient,
  { id, by, does, after }: OrderedDependent,
  inspection: ContainerInspection,
  now: number,
): Promise<DependentIntent> {
  const image = inspection.Config.Image ?? '';
  const isRecreated = does === 'recreate';
  const carried = carriedFiles(inspection.Config.Labels);
  const [tagged, files] = await Promise.all([
    isRecreated && image !== '' ? engine.image(image) : null,
    isRecreated ? engine.files.find(inspection, carried) : [],
  ]);
  return {
    id,
    name: nameOf(inspection),
    by,
    does,
    after,
    imageId: inspection.Image,
    image,
    tagImageId: tagged === null || tagged.Id === inspection.Image ? null : tagged.Id,
    files,
    startedAt: containerState(inspection)?.startedAt ?? null,
    wasRunning: inspection.State.Running,
    proof: proofOf(inspection, now),
  };
}
