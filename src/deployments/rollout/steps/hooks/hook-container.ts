import { setTimeout as pause } from 'node:timers/promises';
import { containerState } from '../../../../docker/inspection/container-state.js';
import type { Replacement } from '../../../../docker/creation/container-options.js';
import type { EngineClient } from '../../../../docker/client/engine-client.js';
import { hookReplacementOf } from '../../../../docker/creation/hook-body.js';
import type { ContainerInspection } from '../../../../docker/inspection/inspection.js';
import { overlapFactsOf } from '../../../../docker/inspection/overlap-facts.js';
import { DeployError } from '../../../../domain/errors.js';
import type { HookList, RunHook } from '../../../../domain/settings/hook-settings.js';
import { hookLabels } from '../../../../domain/rollout/labels.js';
import { rolloutNames } from '../../../../domain/rollout/rollout-names.js';
import { isActive, type ContainerState } from '../../../../domain/rollout/container-state.js';
import { connectFurther } from '../container-maker.js';
import { replacementSettings } from '../replacement-settings.js';
import type { StepContext } from '../step-context.js';
import { labelsOfVolumes } from '../../preparing/strategy-choice.js';

/** How often the container is inspected for its end, in milliseconds. */
const INSPECT_MS = 500;
/** How long to wait for the rest of its output after its end, in milliseconds. */
const OUTPUT_MS = 2_000;

/** What a one-off container is created for. */
export interface OneOff {
  readonly hook: RunHook;
  readonly list: HookList;
  /** Id of this Deploy, for its label. */
  readonly instance: string;
}

/**
 * Runs a one-off container of the new image with the service's settings until it ends, and removes it. If it cannot be
 * removed, or Deploy is killed, the next observation shows it, and it is removed then.
 * @param onLine Called with each line of its output.
 * @returns why it failed; null if it exited with code 0.
 * @throws EngineError, DeployError `hook-failed`; an AbortError if the signal ended it.
 */
export async function runOneOff(
  oneOff: OneOff,
  context: StepContext,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const { engine, intent } = context;
  const template = templateFor(oneOff.list, context);
  const replacement = await replacementFor(oneOff, template, context);
  signal.throwIfAborted();
  const { hook: name } = rolloutNames(intent.container);
  const id = await engine.create(name, replacement.body, replacement.platform);
  try {
    for (const path of intent.files) await engine.files.copy(path, template.Id, id);
    await connectFurther(engine, id, replacement);
    signal.throwIfAborted();
    await engine.start(id);
    return whyFailed(await untilItEnds(engine, id, onLine, signal));
  } finally {
    await engine.hooks.remove(id).catch(() => undefined); // The next observation shows it.
  }
}

/** The container whose settings the one-off container gets: one of the service that is sure to exist. */
function templateFor(list: HookList, { observation }: StepContext): ContainerInspection {
  const { old, twin, candidate } = observation.snapshot;
  const inOrder = list === 'after' ? [candidate, old] : [old, twin, candidate];
  const found = inOrder.find((each) => each !== null);
  const inspection = found == null ? undefined : observation.inspections.get(found.id);
  if (inspection === undefined) {
    throw new DeployError(
      'hook-failed',
      'no container of the service is left to take its settings from',
    );
  }
  return inspection;
}

async function replacementFor(
  { hook, instance }: OneOff,
  template: ContainerInspection,
  { engine, intent, observation }: StepContext,
): Promise<Replacement> {
  if (intent.imageId === null) {
    throw new DeployError(
      'hook-failed',
      'the new image was not pulled, so there is nothing to run',
    );
  }
  await refuseExclusive(engine, template, observation.snapshot);
  const image = await engine.image(template.Image);
  const settings = await replacementSettings(engine, template, image);
  const env = Object.entries(hook.env).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.reveal(),
  ]);
  return hookReplacementOf(
    {
      ...settings,
      image: intent.imageId,
      newImageId: intent.imageId,
      labels: hookLabels(intent, instance),
    },
    { command: hook.command, env: Object.fromEntries(env) as Record<string, string> },
  );
}

/** Refuses volumes that no two containers may have at once. */
async function refuseExclusive(
  engine: EngineClient,
  template: ContainerInspection,
  { old, twin, candidate }: StepContext['observation']['snapshot'],
): Promise<void> {
  if (![old, twin, candidate].some((each) => each !== null && isActive(each))) return;
  const { exclusiveVolumes } = overlapFactsOf(template, await labelsOfVolumes(engine, template));
  if (exclusiveVolumes.length === 0) return;
  throw new DeployError(
    'hook-failed',
    `what is mounted at ${exclusiveVolumes.join(', ')} is marked as exclusive, so no one-off container may have it beside the service; use exec, or remove the mark`,
  );
}

async function untilItEnds(
  engine: EngineClient,
  id: string,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<ContainerState> {
  const following = new AbortController();
  const outputState = { isOver: false };
  // The exit code decides: output that cannot be read does not make it fail.
  const output = engine.hooks
    .follow(id, onLine, following.signal)
    .catch(() => undefined)
    .then(() => {
      outputState.isOver = true;
    });
  try {
    for (;;) {
      signal.throwIfAborted();
      const inspection = await engine.container(id);
      if (inspection === null) throw new DeployError('hook-failed', 'its container was removed');
      const state = containerState(inspection);
      if (state !== null && !isActive(state)) {
        await Promise.race([output, pause(OUTPUT_MS, undefined, { ref: false })]);
        return state;
      }
      const nextInspection = pause(INSPECT_MS, undefined, { signal });
      await (outputState.isOver ? nextInspection : Promise.race([output, nextInspection]));
    }
  } finally {
    following.abort();
  }
}

function whyFailed({ exitCode, outOfMemory, error }: ContainerState): string | null {
  if (outOfMemory) return 'it was killed because it ran out of memory';
  if (error !== '') return error;
  return exitCode === 0 ? null : `it exited with code ${String(exitCode)}`;
}
