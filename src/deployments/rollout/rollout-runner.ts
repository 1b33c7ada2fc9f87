import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineError } from '../../docker/client/engine-error.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import { DeployError, messageOf } from '../../domain/errors.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeploymentHandlers } from '../deciding/deployment-handlers.js';
import { DeploymentLog } from '../deployment-log.js';
import { OutcomeRecorder } from '../outcome/outcome-recorder.js';
import { isEngineGone } from './health/health-watch.js';
import { ClaimedPreparation } from './preparing/claimed-preparation.js';
import type { Prepared } from './preparing/preparation.js';
import { Rollout, type RolloutEnd } from './rollout.js';

const PREPARE_PAUSE_MS = 1_000;
/** An engine that answers with a passing error is asked at most this many times. */
const PREPARE_TRIES = 3;
/** How long after its start a rollout that has not begun waits for its engine, in milliseconds; across restarts. */
const PREPARE_FOR_MS = 24 * 3_600_000;
/** Runs one deployment from its preparation, or from where it was left, to its stored end. */
@Injectable()
export class RolloutRunner {
  constructor(
    private readonly preparation: ClaimedPreparation,
    private readonly rollout: Rollout,
    private readonly handlers: DeploymentHandlers,
    private readonly outcome: OutcomeRecorder,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * @param service Null if the configuration no longer names it: only a rollout that has begun can be finished then.
   * @param stopping The server stops: what can wait is parked, and the next start resumes it.
   */
  async run(deployment: Deployment, service: Service | null, stopping: AbortSignal): Promise<void> {
    try {
      await this.runToEnd(deployment, service, stopping);
    } finally {
      this.preparation.release(deployment.id);
    }
  }

  /** Keeps others off the containers of a rollout that was begun, until it is resumed. */
  async reserve({ id }: Deployment): Promise<void> {
    const journalled = await this.rollout.journalled(id);
    if (journalled !== null) this.preparation.reserve(journalled);
  }

  private async runToEnd(
    deployment: Deployment,
    service: Service | null,
    stopping: AbortSignal,
  ): Promise<void> {
    const journalled = await this.rollout.journalled(deployment.id);
    const end =
      journalled === null
        ? await this.begin(deployment, service, stopping)
        : await this.resume(deployment, journalled, stopping);
    if (end === 'ended') return;
    if (end.kind === 'parked') {
      await this.log.append(deployment, 'info', 'parked: the server stops; the next start resumes');
      return;
    }
    await this.outcome.record(deployment, end, stopping);
    // Nobody waits for what it answers.
    if (service !== null) void this.handlers.afterRollout(deployment, service);
  }

  private async resume(
    deployment: Deployment,
    journalled: RolloutIntent,
    stopping: AbortSignal,
  ): Promise<RolloutEnd> {
    await this.log.append(deployment, 'info', 'resumes the rollout where it was left');
    const isOurs = await this.takeOver(deployment, journalled, stopping);
    return isOurs ? this.rollout.resume(journalled, stopping) : { kind: 'parked' };
  }

  /** Prepares the rollout and begins it, if the handler does not object. */
  private async begin(
    deployment: Deployment,
    service: Service | null,
    stopping: AbortSignal,
  ): Promise<RolloutEnd | 'ended'> {
    if (service === null) {
      const error = new DeployError('interrupted', 'the service is no longer configured');
      return this.fail(deployment, null, error);
    }
    const prepared = await this.prepare(deployment, service, stopping);
    if (prepared === 'ended') return 'ended';
    if (prepared === 'parked') return { kind: 'parked' };
    if (service.handler === null) return this.rollout.begin(prepared, stopping);
    const plan = { intent: prepared.intent, steps: await this.rollout.foresee(prepared) };
    const verdict = await this.handlers.beforeRollout(deployment, plan, service);
    // Its answer may be that the server stops.
    if (stopping.aborted) return { kind: 'parked' };
    if (verdict.kind === 'fail') return this.fail(deployment, service, verdict.failure);
    if (verdict.kind === 'skip') {
      await this.outcome.skipUnbegun(deployment, verdict.reason);
      return 'ended';
    }
    // The engine may show something else by now.
    const again = await this.prepare(deployment, service, stopping);
    if (again === 'ended') return 'ended';
    return again === 'parked' ? { kind: 'parked' } : this.rollout.begin(again, stopping);
  }

  /** @returns false if the signal aborted before. */
  private async takeOver(
    deployment: Deployment,
    intent: RolloutIntent,
    stopping: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.preparation.takeOver(deployment, intent, stopping);
      return true;
    } catch (error) {
      if (stopping.aborted) return false;
      throw error;
    }
  }

  private async prepare(
    deployment: Deployment,
    service: Service,
    stopping: AbortSignal,
  ): Promise<Prepared | 'parked' | 'ended'> {
    const { digest } = deployment;
    if (digest === null) throw new DeployError('internal', 'a rollout needs a digest');
    const deadline = Date.parse(deployment.startedAt ?? deployment.createdAt) + PREPARE_FOR_MS;
    let hasTold = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.preparation.prepare({ ...deployment, digest }, service, stopping);
      } catch (error) {
        if (stopping.aborted) return 'parked';
        const isRefused = mayPass(error) && attempt + 1 < PREPARE_TRIES;
        const isAway = isEngineGone(error) && Date.now() <= deadline;
        if (!isRefused && !isAway) return this.fail(deployment, service, error);
        if (isAway && !hasTold) {
          hasTold = true;
          await this.log.append(deployment, 'warn', `waits for the engine: ${messageOf(error)}`);
        }
        await pause(PREPARE_PAUSE_MS);
      }
    }
  }

  /** Nothing was touched: the deployment fails, and the old version serves as before. */
  private async fail(
    deployment: Deployment,
    service: Service | null,
    error: unknown,
  ): Promise<'ended'> {
    if (!(error instanceof DeployError)) throw error;
    await this.outcome.failUnbegun(deployment, service, error);
    return 'ended';
  }
}

/** Whether an engine answered with an error that says nothing of what it was asked for. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof EngineError) || error.statusCode === null) return false;
  return error.statusCode >= 500 || error.statusCode === 409;
}
