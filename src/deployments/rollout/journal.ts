import { Injectable } from '@nestjs/common';
import type { DeploymentPatch, StepRecord } from '../../domain/deployment.js';
import { messageOf } from '../../domain/errors.js';
import { isTouched, type RolloutIntent } from '../../domain/rollout.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLog } from '../deployment-log.js';

/** A step that is under way, in the journal. Null where it could not be written. */
export type OpenStep = number | null;

/**
 * The journal of rollouts: what is about to be done, on disk before it is done. Until the old container
 * is touched a journal that cannot be written ends the rollout; from then on it never stands in the way
 * of bringing the service up: the labels on the engine tell the same story.
 */
@Injectable()
export class Journal {
  constructor(
    private readonly storage: Storage,
    private readonly log: DeploymentLog,
  ) {}

  /** @returns null where no rollout of the deployment was ever begun. */
  async read(deployment: string): Promise<RolloutIntent | null> {
    return (await this.storage.deployments.intent(deployment)) as RolloutIntent | null;
  }

  /** Closes the steps that a crash left open. */
  async closeInterrupted(intent: RolloutIntent, openSteps: readonly StepRecord[]): Promise<void> {
    if (openSteps.every((step) => step.outcome !== null)) return;
    await this.write(intent, async () => {
      const steps = await this.storage.deployments.steps(intent.deployment);
      for (const [index, step] of steps.entries()) {
        if (step.outcome !== null) continue;
        await this.storage.deployments.finishStep(
          intent.deployment,
          index + 1,
          'interrupted',
          null,
          new Date().toISOString(),
        );
      }
    });
  }

  /**
   * Writes what is about to be done, and the intent with which it is done, in one transaction.
   * @param before the intent until now: the very step that touches the old one must be on disk first.
   */
  async begin(
    before: RolloutIntent,
    intent: RolloutIntent,
    step: string,
    detail: string,
  ): Promise<OpenStep> {
    const at = new Date().toISOString();
    return this.write(before, () =>
      this.storage.transaction(async (stored) => {
        await stored.deployments.setIntent(intent.deployment, intent);
        await stored.logs.append(intent.deployment, [{ at, level: 'info', text: detail }]);
        return stored.deployments.beginStep(intent.deployment, step, detail, at);
      }),
    );
  }

  /** Writes how it ended, and the intent after it. */
  async end(
    intent: RolloutIntent,
    open: OpenStep,
    outcome: 'done' | 'failed' | 'interrupted',
    detail: string | null,
  ): Promise<void> {
    const at = new Date().toISOString();
    await this.write(intent, () =>
      this.storage.transaction(async (stored) => {
        await stored.deployments.setIntent(intent.deployment, intent);
        if (open === null) return;
        await stored.deployments.finishStep(intent.deployment, open, outcome, detail, at);
      }),
    );
  }

  /** Writes a change of the deployment itself, together with the intent. */
  async change(intent: RolloutIntent, patch: DeploymentPatch): Promise<void> {
    await this.write(intent, () =>
      this.storage.transaction(async (stored) => {
        await stored.deployments.setIntent(intent.deployment, intent);
        await stored.deployments.update(intent.deployment, patch);
      }),
    );
  }

  private async write<T>(intent: RolloutIntent, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!isTouched(intent)) throw error;
      const subject = {
        id: intent.deployment,
        environment: intent.environment,
        service: intent.service,
      };
      await this.log.line(
        subject,
        'error',
        `the journal cannot be written (${messageOf(error)}); the rollout goes on from what the engine shows`,
      );
      return null;
    }
  }
}
