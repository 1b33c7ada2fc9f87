import { compareSettings } from '../../../docker/comparison/compare.js';
import type { Purpose } from '../../../docker/comparison/explanations.js';
import { unexplained } from '../../../domain/deployment/comparison.js';
import { DeployError } from '../../../domain/errors.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import type { ContainerMaker } from './container-maker.js';
import { replacementSettings } from './replacement-settings.js';
import type { Executors, StepContext, StepResult } from './step-context.js';

/** The steps that make sure that none of the old container's settings are lost, while it still runs untouched. */
export function proofSteps(maker: ContainerMaker): Pick<Executors, 'carry-files' | 'compare'> {
  return {
    'carry-files': async (step, context) => carryFiles(step.id, context),
    compare: async (step, context) => compare(step.id, context, maker),
  };
}

async function carryFiles(id: string, { engine, intent }: StepContext): Promise<StepResult> {
  const { files } = engine;
  for (const path of intent.files) {
    await files.copy(path, intent.old.id, id);
    const [before, after] = await Promise.all([
      files.facts(intent.old.id, path),
      files.facts(id, path),
    ]);
    if (before?.size !== after?.size || before?.mode !== after?.mode) {
      throw new DeployError(
        'settings-changed',
        `${path} in the new container differs from the old one's`,
      );
    }
  }
  return { patch: { filesCarried: true }, refresh: [] };
}

async function compare(
  id: string,
  { engine, intent, observation }: StepContext,
  maker: ContainerMaker,
): Promise<StepResult> {
  const old = observation.inspections.get(intent.old.id);
  const candidate = observation.inspections.get(id);
  if (old === undefined || candidate === undefined) {
    throw new DeployError('internal', 'there are no two containers to compare');
  }
  const [newImage, context, { body }] = await Promise.all([
    engine.image(candidate.Image),
    replacementSettings(engine, old, observation.oldImage),
    maker.candidate(engine, intent, observation),
  ]);
  const { oldImage } = observation;
  const purpose = purposeOf(intent, candidate.Image);
  const compared = { old, oldImage, candidate, newImage, requested: body, purpose };
  const comparison = compareSettings(compared, context, new Date().toISOString());
  const lost = unexplained(comparison);
  return {
    patch: { comparison },
    refresh: [],
    ...(lost === null ? {} : { failure: { code: 'settings-changed', message: lossMessage(lost) } }),
  };
}

function lossMessage(lost: string): string {
  return `the new container would not have all settings of the old one, which was not touched: ${lost}`;
}

function purposeOf(intent: RolloutIntent, imageId: string): Purpose {
  const names = intent.networks.map(({ name }) => name);
  const isHandover = intent.strategy === 'handover';
  return {
    image: intent.image,
    imageId,
    container: intent.container,
    joinedLater: isHandover ? names.slice(1) : [],
    namedLater: isHandover ? names.slice(0, 1) : names,
    isArmedLater: isHandover,
  };
}
