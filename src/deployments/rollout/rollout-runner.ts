import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineError } from '../../docker/client/engine-error.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeployError, messageOf } from '../../domain/errors.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import { Storage } from '../../storage/storage.js';
import { ClaimedPreparation } from './preparing/claimed-preparation.js';
import { DeploymentLog } from '../deployment-log.js';
import { concludeRollout, failureOf, type Conclusion } from '../outcome/conclusion.js';
import { isEngineGone } from './health/health-watch.js';
import { Journal } from './journal/journal.js';
import type { Prepared } from './preparing/preparation.js';
import { Rollout, type RolloutEnd } from './rollout.js';
import { RolloutWitnesses } from './rollout-witnesses.js';
import { ServiceInspector, servingNow } from '../../environments/service-inspector.js';
import { tryAgain } from '../outcome/try-again.js';

const PREPARE_PAUSE_MS = 1_000;
/** An engine that answers with an error that may pass is asked so often. */
const PREPARE_TRIES = 3;
/** How long after its start a rollout that has not begun waits for its engine, in milliseconds; across restarts. */
const PREPARE_FOR_MS = 24 * 3_600_000;
/** Pauses while the end of a rollout cannot be stored, in milliseconds; the last one repeats. */
const STORE_PAUSES_MS = [500, 1_000, 5_000, 15_000];

/** Runs one deployment from its preparation, or from where it was left, to its stored end. */
@Injectable()
export class RolloutRunner {
  constructor(
    private readonly storage: Storage,
    private readonly journal: Journal,
    private readonly preparation: ClaimedPreparation,
    private readonly rollout: Rollout,
    private readonly inspector: ServiceInspector,
    private readonly witnesses: RolloutWitnesses,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * @param service null where the configuration does not name it any more: only a rollout that has begun
   * can be finished then.
   * @returns false where it was parked, because the signal aborted: the next start goes on with it.
   */
  async run(
    deployment: Deployment,
    service: Service | null,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      return await this.runToEnd(deployment, service, signal);
    } finally {
      this.preparation.release(deployment.id);
    }
  }

  /** Keeps others off the containers of a rollout that was begun, until it is gone on with. */
  async reserve({ id }: Deployment): Promise<void> {
    const journalled = await this.journal.read(id);
    if (journalled !== null) this.preparation.reserve(journalled);
  }

  private async runToEnd(
    deployment: Deployment,
    service: Service | null,
    signal: AbortSignal,
  ): Promise<boolean> {
    const end = await this.roll(deployment, service, signal);
    if (end === 'ended') return true;
    if (end.kind === 'parked') {
      await this.log.line(deployment, 'info', 'parked: the server stops; the next start goes on');
      return false;
    }
    const conclusion = concludeRollout(end.intent, end.decision, new Date().toISOString());
    const isStored = await this.store(deployment, end.intent, conclusion, signal);
    // Nobody waits for what it says.
    if (service !== null) void this.witnesses.handlers.afterRollout(deployment, service);
    return isStored;
  }

  /** Begins the rollout, or goes on with it. */
  private async roll(
    deployment: Deployment,
    service: Service | null,
    signal: AbortSignal,
  ): Promise<RolloutEnd | 'ended'> {
    const journalled = await this.journal.read(deployment.id);
    if (journalled !== null) {
      await this.log.line(deployment, 'info', 'goes on with the rollout from where it was left');
      await this.journal.closeInterrupted(
        journalled,
        await this.storage.deployments.steps(deployment.id),
      );
      const isOurs = await this.takeOver(deployment, journalled, signal);
      return isOurs ? this.rollout.resume(journalled, signal) : { kind: 'parked' };
    }
    if (service === null) {
      const error = new DeployError('interrupted', 'the service is no longer configured');
      return this.endUnbegun(deployment, null, error);
    }
    const prepared = await this.prepare(deployment, service, signal);
    if (prepared === 'ended') return 'ended';
    return prepared === 'parked'
      ? { kind: 'parked' }
      : this.begin(deployment, service, prepared, signal);
  }

  /** Begins the rollout if the handler has nothing against it. */
  private async begin(
    deployment: Deployment,
    service: Service,
    prepared: Prepared,
    signal: AbortSignal,
  ): Promise<RolloutEnd | 'ended'> {
    if (service.handler === null) return this.rollout.begin(prepared, signal);
    const plan = { intent: prepared.intent, steps: await this.rollout.foresee(prepared) };
    const verdict = await this.witnesses.handlers.beforeRollout(deployment, plan, service);
    // Its answer may be that the server stops.
    if (signal.aborted) return { kind: 'parked' };
    if (verdict.kind === 'fail') return this.endUnbegun(deployment, service, verdict.failure);
    if (verdict.kind === 'skip') return this.endSkipped(deployment, verdict.reason);
    // The engine may show something else by now.
    const again = await this.prepare(deployment, service, signal);
    if (again === 'ended') return 'ended';
    return again === 'parked' ? { kind: 'parked' } : this.rollout.begin(again, signal);
  }

  /** @returns false where the signal aborted before. */
  private async takeOver(
    deployment: Deployment,
    intent: RolloutIntent,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.preparation.takeOver(deployment, intent, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  private async prepare(
    deployment: Deployment,
    service: Service,
    signal: AbortSignal,
  ): Promise<Prepared | 'parked' | 'ended'> {
    const { digest } = deployment;
    if (digest === null) throw new DeployError('internal', 'a rollout needs a digest');
    const deadline = Date.parse(deployment.startedAt ?? deployment.createdAt) + PREPARE_FOR_MS;
    let hasTold = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.preparation.prepare({ ...deployment, digest }, service, signal);
      } catch (error) {
        if (signal.aborted) return 'parked';
        const isRefused = mayPass(error) && attempt + 1 < PREPARE_TRIES;
        const isAway = isEngineGone(error) && Date.now() <= deadline;
        if (!isRefused && !isAway) return this.endUnbegun(deployment, service, error);
        if (isAway && !hasTold) {
          hasTold = true;
          await this.log.line(deployment, 'warn', `waits for the engine: ${messageOf(error)}`);
        }
        await pause(PREPARE_PAUSE_MS);
      }
    }
  }

  /** Nothing was touched: the deployment fails, and the old version serves as before. */
  private async endUnbegun(
    deployment: Deployment,
    service: Service | null,
    error: unknown,
  ): Promise<'ended'> {
    if (!(error instanceof DeployError)) throw error;
    const serving = service === null ? 'none' : await servingNow(this.inspector, service);
    const { code } = error;
    await this.log.line(deployment, 'error', `${code}: ${error.message}`);
    await this.storage.deployments.update(deployment.id, {
      phase: 'failed',
      finishedAt: new Date().toISOString(),
      reason: error.message,
      downtimeMs: serving === 'old' ? 0 : null,
      error: failureOf(code, error.message, serving),
    });
    return 'ended';
  }

  /** Nothing was touched, and nothing is to be. */
  private async endSkipped(deployment: Deployment, reason: string): Promise<'ended'> {
    await this.log.line(deployment, 'info', `skipped: ${reason}`);
    await this.storage.deployments.update(deployment.id, {
      phase: 'skipped',
      finishedAt: new Date().toISOString(),
      reason,
      downtimeMs: 0,
    });
    return 'ended';
  }

  /** The end must be stored: it is tried until it is, or until the server stops. */
  private async store(
    deployment: Deployment,
    intent: RolloutIntent,
    { patch, quarantine }: Conclusion,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { environment, service, digest } = intent;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.storage.transaction(async (stored) => {
          await stored.deployments.setIntent(deployment.id, asHistory(intent));
          const now = await stored.deployments.get(deployment.id);
          // A rollback whose beginning could not be journalled is still one.
          if (patch.phase === 'rolled-back' && now?.phase === 'running') {
            await stored.deployments.update(deployment.id, { phase: 'rolling-back' });
          }
          await stored.deployments.update(deployment.id, patch);
          if (quarantine) {
            const reason = patch.reason ?? '';
            const at = patch.finishedAt ?? new Date().toISOString();
            const id = deployment.id;
            await stored.quarantine.add({
              environment,
              service,
              digest,
              deployment: id,
              reason,
              at,
            });
          } else if (patch.phase === 'succeeded') {
            await stored.quarantine.remove(environment, service, digest);
            await this.witnesses.promotions.follow(stored, deployment, digest);
          } else if (patch.error?.code === 'interrupted' && patch.error.serving === 'old') {
            await tryAgain(stored, deployment);
          }
        });
        await this.log.line(
          deployment,
          patch.phase === 'succeeded' || patch.phase === 'skipped' ? 'info' : 'error',
          [patch.phase, patch.error?.message ?? patch.reason].filter(Boolean).join(': '),
        );
        return true;
      } catch (error) {
        const isPassing = error instanceof DeployError && error.code === 'storage-unavailable';
        if (!isPassing || signal.aborted) throw error;
        await this.log.line(deployment, 'error', `the end cannot be stored: ${error.message}`);
        await pause(STORE_PAUSES_MS[Math.min(attempt, STORE_PAUSES_MS.length - 1)]);
      }
    }
  }
}

/** Whether an engine answered with an error that says nothing of what it was asked for. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof EngineError) || error.statusCode === null) return false;
  return error.statusCode >= 500 || error.statusCode === 409;
}

/** What later deployments need of an ended one: not the recorded settings, which may hold secrets. */
function asHistory(intent: RolloutIntent): RolloutIntent {
  return { ...intent, old: { ...intent.old, record: null }, formerIds: [] };
}
