import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { failureOf, type Deployment, type Failure } from '../../domain/deployment/deployment.js';
import { DeployError, type ErrorCode } from '../../domain/errors.js';
import type { RolloutIntent } from '../../domain/rollout/intent.js';
import type { Decision } from '../../domain/rollout/step.js';
import type { Service } from '../../domain/settings/environment.js';
import { ServiceInspector, servingNow } from '../../environments/service-inspector.js';
import type { DeploymentChanges } from '../deployment-changes.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { DeploymentLog } from '../deployment-log.js';
import { concludeRollout, type Conclusion } from './conclusion.js';
import { Promotions } from './promotions.js';
import { tryAgain } from './try-again.js';

/** Pauses while the end of a rollout cannot be stored, in milliseconds; the last one repeats. */
const STORE_PAUSES_MS = [500, 1_000, 5_000, 15_000];

/** A rollout that has ended. */
export interface FinishedRollout {
  readonly intent: RolloutIntent;
  readonly decision: Extract<Decision, { name: 'finish' }>;
}

/** Records how deployments end, with everything that this leads to. */
@Injectable()
export class OutcomeRecorder {
  constructor(
    private readonly lifecycle: DeploymentLifecycle,
    private readonly promotions: Promotions,
    private readonly inspector: ServiceInspector,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Stores the end of a rollout. It must be stored: it is tried until it is, or until the server stops.
   * @throws DeployError `storage-unavailable` if the signal aborted before; errors that do not pass.
   */
  async record(
    deployment: Deployment,
    finished: FinishedRollout,
    stopping: AbortSignal,
  ): Promise<void> {
    const { intent, decision } = finished;
    const conclusion = concludeRollout(intent, decision, new Date().toISOString());
    for (let attempt = 0; ; attempt++) {
      try {
        await this.lifecycle.change((changes) =>
          this.conclude(changes, deployment, intent, conclusion),
        );
        return;
      } catch (error) {
        const isPassing = error instanceof DeployError && error.code === 'storage-unavailable';
        if (!isPassing || stopping.aborted) throw error;
        await this.log.append(deployment, 'error', `the end cannot be stored: ${error.message}`);
        await pause(STORE_PAUSES_MS[Math.min(attempt, STORE_PAUSES_MS.length - 1)]);
      }
    }
  }

  /** Everything that a finished rollout leads to. */
  private async conclude(
    changes: DeploymentChanges,
    deployment: Deployment,
    intent: RolloutIntent,
    { patch, quarantine }: Conclusion,
  ): Promise<void> {
    const { id } = deployment;
    const { phase, error, reason } = patch;
    const isFine = phase === 'succeeded' || phase === 'skipped';
    await changes.stored.deployments.setIntent(id, asHistory(intent));
    await changes.finish(id, patch, {
      level: isFine ? 'info' : 'error',
      text: [phase, error?.message ?? reason].filter(Boolean).join(': '),
    });
    if (quarantine) {
      await this.quarantine(changes, intent, patch.reason ?? '');
    } else if (phase === 'succeeded') {
      const { environment, service, digest } = intent;
      await changes.stored.quarantine.remove(environment, service, digest);
      await this.promotions.follow(changes, deployment, digest);
    } else if (error?.code === 'interrupted' && error.serving === 'old') {
      await tryAgain(changes, deployment);
    }
  }

  private quarantine(
    { stored }: DeploymentChanges,
    { environment, service, digest, deployment }: RolloutIntent,
    reason: string,
  ): Promise<void> {
    const at = new Date().toISOString();
    return stored.quarantine.add({ environment, service, digest, deployment, reason, at });
  }

  /**
   * The failure of a deployment before anything of its service was touched: whatever served before still does.
   * @param service Null if the configuration no longer names it.
   */
  async untouchedFailure(
    service: Service | null,
    code: ErrorCode,
    message: string,
  ): Promise<Failure> {
    const serving = service === null ? 'none' : await servingNow(this.inspector, service);
    return failureOf(code, message, serving);
  }

  /** Ends a deployment whose rollout has not begun although the deployment has started: it failed. */
  async failUnbegun(
    deployment: Deployment,
    service: Service | null,
    { code, message }: DeployError,
  ): Promise<void> {
    const error = await this.untouchedFailure(service, code, message);
    const patch = {
      phase: 'failed',
      finishedAt: new Date().toISOString(),
      reason: message,
      downtimeMs: error.serving === 'old' ? 0 : null,
      error,
    } as const;
    const line = { level: 'error', text: `${code}: ${message}` } as const;
    await this.lifecycle.change((changes) => changes.finish(deployment.id, patch, line));
  }

  /** The same if nothing is to be done. */
  async skipUnbegun({ id }: Deployment, reason: string): Promise<void> {
    const finishedAt = new Date().toISOString();
    const patch = { phase: 'skipped', finishedAt, reason, downtimeMs: 0 } as const;
    const line = { level: 'info', text: `skipped: ${reason}` } as const;
    await this.lifecycle.change((changes) => changes.finish(id, patch, line));
  }
}

/** What later deployments need of an ended one: not the recorded settings, which may hold secrets. */
function asHistory(intent: RolloutIntent): RolloutIntent {
  return { ...intent, old: { ...intent.old, record: null }, formerIds: [] };
}
