import { setTimeout as pause } from 'node:timers/promises';
import { containerState } from '../../../docker/inspection/container-state.js';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import { EngineError } from '../../../docker/client/engine-error.js';
import type { ContainerInspection } from '../../../docker/inspection/inspection.js';
import { messageOf } from '../../../domain/errors.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { isActive } from '../../../domain/rollout/container-state.js';
import type { Observation } from '../observer.js';
import type { StepResult } from './step-context.js';

const LOG_TAIL_LINES = 50;
const UNREAD = '(the log could not be read';
/** How long the engine may still show a stopped container as running, in milliseconds. */
const SETTLE_MS = 10_000;
const SETTLE_PAUSE_MS = 20;

/**
 * Stops a container and waits until the engine shows it as stopped.
 * @returns its inspection then, and the time of its end by the engine's clock.
 */
export async function stopAndSettle(
  engine: EngineClient,
  id: string,
  observation: Observation,
): Promise<{ readonly at: string; readonly inspection: ContainerInspection | null }> {
  await engine.stop(id, observation.inspections.get(id)?.Config.StopTimeout ?? null);
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const inspection = await engine.container(id);
    const state = inspection === null ? null : containerState(inspection);
    // A container that was run with --rm is gone with its end.
    if (state === null || !isActive(state)) {
      return { at: state?.finishedAt ?? new Date(await engine.now()).toISOString(), inspection };
    }
    if (performance.now() > deadline) {
      throw new EngineError(`${state.name} is still ${state.status} after it was stopped`, 500);
    }
    await pause(SETTLE_PAUSE_MS);
  }
}

/** Removes a container, and stops it first if it runs; its volumes stay. */
export async function removeStopped(
  engine: EngineClient,
  id: string,
  observation: Observation,
): Promise<StepResult> {
  const inspection = observation.inspections.get(id);
  const state = inspection === undefined ? null : containerState(inspection);
  if (state !== null && isActive(state)) await stopAndSettle(engine, id, observation);
  await engine.remove(id);
  return {};
}

/**
 * The last lines of a container's log, for the intent. The first tail that was read is kept. A log that cannot be read
 * must not stop a rollback: the reason takes its place until it can be read.
 */
export async function logTail(
  engine: EngineClient,
  id: string,
  intent: RolloutIntent,
): Promise<Partial<RolloutIntent>> {
  const [first] = intent.logTail ?? [];
  if (first !== undefined && !first.startsWith(UNREAD)) return {};
  try {
    return { logTail: await engine.lastLogLines(id, LOG_TAIL_LINES) };
  } catch (error) {
    return { logTail: [`${UNREAD}: ${messageOf(error)})`] };
  }
}
