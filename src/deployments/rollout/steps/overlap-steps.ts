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

/** How long the old container may take to answer when it is told to finish, in milliseconds. */
const DRAIN_ANSWER_MS = 5_000;
/** While it finishes it is looked at so often, in milliseconds. */
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

/** The steps that move containers between networks. Each looks at who is where and does what is left. */
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
      return { changed: [step.id] };
    },
    'attach-new': async (step, context) => {
      await attachWithoutNames(step.id, context);
      return { changed: [step.id] };
    },
    'join-new': async (step, context) => {
      const { engine, intent } = context;
      await connect(engine, candidateOf(context), networksWithNames(intent));
      // What it had proved may have ended with its connections.
      return { patch: { verifiedAt: null }, changed: [step.id] };
    },
    'drain-old': async (step, { engine, intent, look, signal }) => {
      const inspection = look.inspections.get(step.id);
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

/** Connects a new container that waits to the service's networks, of which none becomes its gateway. */
export async function attachWithoutNames(
  id: string,
  { engine, intent, look }: StepContext,
): Promise<void> {
  const has = look.snapshot.candidate?.networks ?? {};
  const missing = networksWithoutNames(intent).filter(({ name }) => !(name in has));
  for (const { name, endpoint } of missing) await engine.networks.connect(name, id, endpoint);
}

/** The ports go with the last network of the old one, and come with the end of the new one's waiting. */
async function handOver(context: StepContext): Promise<StepResult> {
  const { engine, intent, look } = context;
  const { old } = look.snapshot;
  const candidate = candidateOf(context);
  const clockOffset = (await engine.now()) - Date.now();
  const isOldThere = old !== null && isActive(old) && isOnNetworks(old, intent);
  let begun = Date.parse(intent.oldDownAt ?? new Date().toISOString());
  if (isOldThere) {
    await detach(engine, old, intent, () => {
      begun = Date.now();
    });
  }
  // It could not bind the ports while the old one had them, or while somebody else did.
  const isUnbound = isOldThere || candidate.unpublished.length > 0;
  if (isUnbound && hasTheNetworks(candidate, intent)) {
    await connectAnew(engine, candidate, intent, networksWithNames(intent));
  } else {
    await connect(engine, candidate, networksWithNames(intent));
  }
  if (intent.waiting !== null && isWaiting(candidate, intent)) {
    await leave(engine, intent.waiting.name, candidate.id);
  }
  // One that does not run yet ends the gap with its first healthy moment.
  if (!isActive(candidate)) return {};
  return { patch: serviceIsBack(intent, begun, clockOffset) };
}

async function handBack({ engine, intent, look }: StepContext): Promise<StepResult> {
  const { old, candidate } = look.snapshot;
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
 * @param begun When the ports went, by this machine's clock; only the difference counts.
 * @param clockOffset The engine's clock minus ours, in milliseconds.
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
 * Tells the old one to finish and gives it its time, also where it could not be told: the proxies before it
 * need that time as well. One that has ended needs no more.
 * @throws EngineError where the engine went away; the signal's reason.
 */
async function drain(
  engine: EngineClient,
  container: ContainerInspection,
  { signal, http, waitMs }: DrainSettings,
  abort: AbortSignal,
): Promise<Pick<StepResult, 'problem'>> {
  const deadline = performance.now() + waitMs;
  const problem = await tell(engine, container, signal, http);
  for (let left = waitMs; left > 0; left = deadline - performance.now()) {
    await pause(Math.min(left, DRAIN_LOOK_MS), undefined, { signal: abort });
    if ((await engine.container(container.Id))?.State.Running !== true) break;
  }
  return problem === null ? {} : { problem };
}

/** @returns why it could not be told; null where it was. */
async function tell(
  engine: EngineClient,
  container: ContainerInspection,
  signal: DrainSettings['signal'],
  http: DrainSettings['http'],
): Promise<string | null> {
  try {
    if (signal !== null) await engine.signal(container.Id, signal);
    if (http !== null) await ask(container, http);
    return null;
  } catch (error) {
    if (isEngineGone(error)) throw error;
    return messageOf(error);
  }
}

function ask(
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

function candidateOf({ look }: StepContext): ContainerState {
  const { candidate } = look.snapshot;
  if (candidate === null) throw new DeployError('internal', 'there is no new container');
  return candidate;
}
