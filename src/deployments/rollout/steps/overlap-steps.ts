import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineClient } from '../../../docker/client/engine-client.js';
import type { ContainerInspection } from '../../../docker/inspection/inspection.js';
import { containerAddress } from '../../../docker/inspection/probe-address.js';
import type { DrainSettings } from '../../../domain/settings/rollout-settings.js';
import { DeployError, messageOf } from '../../../domain/errors.js';
import {
  hasTheNetworks,
  isOnNetworks,
  isServing,
  isWaiting,
  networksWithNames,
  networksWithoutNames,
} from '../../../domain/rollout/networks.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { isActive, type ContainerState } from '../../../domain/rollout/container-state.js';
import { isEngineGone } from '../health/health-watch.js';
import { connect, connectAnew, detach, leave } from './network-moves.js';
import type { Executors, StepContext, StepResult } from './step-context.js';
import type { WaitingNetworks } from './waiting-networks.js';

/** How long the old container may take to answer the drain request, in milliseconds. */
const DRAIN_ANSWER_MS = 5_000;
/** How often a draining container is inspected, in milliseconds. */
const DRAIN_LOOK_MS = 500;

type OverlapExecutors = Pick<
  Executors,
  | 'make-waiting-network'
  | 'park-new'
  | 'attach-new'
  | 'join-new'
  | 'drain-old'
  | 'hand-over'
  | 'hand-back'
  | 'remove-waiting-network'
>;

/** The steps that move containers between networks. Each does only what is left to do. */
export function overlapSteps(waiting: WaitingNetworks): OverlapExecutors {
  return {
    'make-waiting-network': async (_step, { engine, intent }) => {
      await waiting.make(engine, intent);
      return {};
    },
    'park-new': async (step, context) => {
      const { engine, intent } = context;
      waiting.use(intent);
      const candidate = candidateOf(context);
      if (intent.waiting !== null && !isWaiting(candidate, intent)) {
        await engine.networks.connect(intent.waiting.name, step.id);
      }
      await detach(engine, candidate, intent);
      return { refresh: [step.id] };
    },
    'attach-new': async (step, context) => {
      await attachWithoutNames(step.id, context);
      return { refresh: [step.id] };
    },
    'join-new': async (step, context) => {
      const { engine, intent } = context;
      await connect(engine, candidateOf(context), networksWithNames(intent));
      // Its health may have depended on the connections that it had.
      return { patch: { verifiedAt: null }, refresh: [step.id] };
    },
    'drain-old': async (step, { engine, intent, observation, signal }) => {
      const inspection = observation.inspections.get(step.id);
      if (intent.drain === null || inspection === undefined) return { patch: { drained: true } };
      return {
        ...(await drain(engine, inspection, intent.drain, signal)),
        patch: { drained: true },
      };
    },
    'hand-over': async (_step, context) => handOver(context),
    'hand-back': async (_step, context) => handBack(context),
    'remove-waiting-network': async (_step, { engine, intent }) => {
      await waiting.release(engine, intent);
      return { patch: { waitingReleased: true } };
    },
  };
}

/** Connects a waiting new container to the service's networks, none of which becomes its gateway. */
export async function attachWithoutNames(
  id: string,
  { engine, intent, observation }: StepContext,
): Promise<void> {
  const has = observation.snapshot.candidate?.networks ?? {};
  const missing = networksWithoutNames(intent).filter(({ name }) => !(name in has));
  for (const { name, endpoint } of missing) await engine.networks.connect(name, id, endpoint);
}

/** The ports go with the old container's last network, and come when the new one leaves the waiting network. */
async function handOver(context: StepContext): Promise<StepResult> {
  const { engine, intent, observation } = context;
  const { old } = observation.snapshot;
  const candidate = candidateOf(context);
  const clockOffset = (await engine.now()) - Date.now();
  const isOldThere = old !== null && isActive(old) && isOnNetworks(old, intent);
  let begun = Date.parse(intent.oldDownAt ?? new Date().toISOString());
  if (isOldThere) {
    await detach(engine, old, intent, () => {
      begun = Date.now();
    });
  }
  // It could not bind the ports while the old container or another process had them.
  const isUnbound = isOldThere || candidate.unpublished.length > 0;
  if (isUnbound && hasTheNetworks(candidate, intent)) {
    await connectAnew(engine, candidate, intent, networksWithNames(intent));
  } else {
    await connect(engine, candidate, networksWithNames(intent));
  }
  if (intent.waiting !== null && isWaiting(candidate, intent)) {
    await leave(engine, intent.waiting.name, candidate.id);
  }
  // If it does not run yet, the downtime ends with its first healthy moment.
  if (!isActive(candidate)) return {};
  return { patch: serviceIsBack(intent, begun, clockOffset) };
}

async function handBack({ engine, intent, observation }: StepContext): Promise<StepResult> {
  const { old, candidate } = observation.snapshot;
  const clockOffset = (await engine.now()) - Date.now();
  let begun = Date.parse(intent.oldDownAt ?? new Date().toISOString());
  if (candidate !== null && isActive(candidate)) {
    const hasServed = isServing(candidate, intent);
    await detach(engine, candidate, intent, () => {
      if (hasServed) begun = Date.now();
    });
  }
  if (old !== null && isActive(old) && old.unpublished.length > 0) {
    await connectAnew(engine, old, intent, intent.networks);
  } else if (old !== null) {
    await connect(engine, old, intent.networks);
  }
  if (old === null || !isActive(old)) return { patch: { restoredAt: null } };
  return { patch: { ...serviceIsBack(intent, begun, clockOffset), restoredAt: null } };
}

/**
 * @param begun When the ports were released, by this machine's clock; only the difference counts.
 * @param clockOffset The engine's clock minus this machine's, in milliseconds.
 */
function serviceIsBack(
  intent: RolloutIntent,
  begun: number,
  clockOffset: number,
): Partial<RolloutIntent> {
  const now = Date.now();
  return {
    downMs: intent.downMs + Math.max(0, now - begun),
    oldDownAt: null,
    reconnectedAt: new Date(now + clockOffset).toISOString(),
  };
}

/**
 * Asks the old container to finish and waits, even if it could not be asked: the proxies in front of it need that time
 * as well. The wait ends when the container does.
 * @throws EngineError if the engine went away; the signal's reason.
 */
async function drain(
  engine: EngineClient,
  container: ContainerInspection,
  { signal, http, waitMs }: DrainSettings,
  abort: AbortSignal,
): Promise<Pick<StepResult, 'problem'>> {
  const deadline = performance.now() + waitMs;
  const problem = await requestDrain(engine, container, signal, http);
  for (let left = waitMs; left > 0; left = deadline - performance.now()) {
    await pause(Math.min(left, DRAIN_LOOK_MS), undefined, { signal: abort });
    if ((await engine.container(container.Id))?.State.Running !== true) break;
  }
  return problem === null ? {} : { problem };
}

/** @returns why the container could not be asked; null if it was. */
async function requestDrain(
  engine: EngineClient,
  container: ContainerInspection,
  signal: DrainSettings['signal'],
  http: DrainSettings['http'],
): Promise<string | null> {
  try {
    if (signal !== null) await engine.signal(container.Id, signal);
    if (http !== null) await requestOverHttp(container, http);
    return null;
  } catch (error) {
    if (isEngineGone(error)) throw error;
    return messageOf(error);
  }
}

function requestOverHttp(
  container: ContainerInspection,
  { port, path }: NonNullable<DrainSettings['http']>,
): Promise<void> {
  const address = containerAddress(container, port);
  if (address === null) throw new DeployError('engine-error', 'the old container has no address');
  return new Promise((resolve, reject) => {
    const request = get({ ...address, path, agent: false, timeout: DRAIN_ANSWER_MS }, (answer) => {
      answer.destroy();
      const { statusCode = 0 } = answer;
      if (statusCode < 400) resolve();
      else reject(new DeployError('engine-error', `it answered ${String(statusCode)} to ${path}`));
    });
    request.once('timeout', () => {
      request.destroy(new Error(`no answer to ${path} within ${String(DRAIN_ANSWER_MS)} ms`));
    });
    request.once('error', (error) => {
      reject(new DeployError('engine-error', error.message, { cause: error }));
    });
  });
}

function candidateOf({ observation }: StepContext): ContainerState {
  const { candidate } = observation.snapshot;
  if (candidate === null) throw new DeployError('internal', 'there is no new container');
  return candidate;
}
