import type { DeploymentDetails } from '../../../domain/deployment/deployment.js';
import { messageOf } from '../../../domain/errors.js';
import { isTouched, type RolloutIntent } from '../../../domain/rollout/intent.js';
import type { Repositories } from '../../../storage/repositories/repositories.js';
import type { Storage } from '../../../storage/storage.js';
import { DeploymentChanges } from '../../deployment-changes.js';
import type { DeploymentLog } from '../../deployment-log.js';

/** What the first entry of a rollout changes of its deployment. */
export type JournalOpening = Pick<DeploymentDetails, 'previousDigest' | 'strategy'>;

/** Index of a step under way in the journal; null if it could not be written. */
export type OpenStep = number | null;

interface EndedStep {
  readonly intent: RolloutIntent;
  readonly open: OpenStep;
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly detail: string | null;
  readonly at: string;
}

/**
 * The journal of one rollout. Invariants:
 *
 * - A step is on disk before it is done. Its result is written together with the next entry: after a crash the engine
 *   itself shows it.
 * - Until the old container is touched, a journal that cannot be written ends the rollout. From then on it never keeps
 *   the service from being brought up: the labels on the engine hold the same information.
 */
export class RolloutJournal {
  /** Ended steps that are not on disk yet. */
  #ended: readonly EndedStep[] = [];
  /** Not on disk yet. */
  #opening: JournalOpening | null;

  constructor(
    private readonly storage: Storage,
    private readonly log: DeploymentLog,
    opening: JournalOpening | null,
  ) {
    this.#opening = opening;
  }

  /**
   * Writes the step that is about to be done, and the intent that it is done with, in one transaction.
   * @param before The intent until now: the very step that first touches the old container must be on disk before it.
   */
  begin(
    before: RolloutIntent,
    intent: RolloutIntent,
    step: string,
    detail: string,
  ): Promise<OpenStep> {
    const at = new Date().toISOString();
    return this.write(before, intent, async (stored) => {
      await stored.logs.append(intent.deployment, [{ at, level: 'info', text: detail }]);
      return stored.deployments.beginStep(intent.deployment, step, detail, at);
    });
  }

  /** Records how a step ended, and the intent after it. It is written with the next entry, or by {@link flush}. */
  end(
    intent: RolloutIntent,
    open: OpenStep,
    outcome: EndedStep['outcome'],
    detail: string | null,
  ): void {
    const at = new Date().toISOString();
    this.#ended = [...this.#ended, { intent, open, outcome, detail, at }];
  }

  /** Writes why the rollout does not go forward, together with the intent, and that it goes back if it does. */
  async giveUp(intent: RolloutIntent, reason: string, isRollback: boolean): Promise<void> {
    const { deployment: id } = intent;
    await this.write(intent, intent, async (stored) => {
      if (isRollback) await new DeploymentChanges(stored).rollBack(id, reason);
      else await stored.deployments.update(id, { reason });
    });
  }

  /** Writes what is not on disk yet, for when no entry follows immediately. */
  async flush(): Promise<void> {
    const last = this.#ended.at(-1);
    if (last !== undefined) await this.write(last.intent, last.intent, () => Promise.resolve());
  }

  private async write<T>(
    before: RolloutIntent,
    intent: RolloutIntent,
    work: (stored: Repositories) => Promise<T>,
  ): Promise<T | null> {
    const { deployment: id, environment, service } = intent;
    try {
      const result = await this.storage.transaction(async (stored) => {
        await stored.deployments.setIntent(id, intent);
        if (this.#opening !== null) await stored.deployments.update(id, this.#opening);
        for (const { open, outcome, detail, at } of this.#ended) {
          if (open !== null) await stored.deployments.finishStep(id, open, outcome, detail, at);
        }
        return work(stored);
      });
      this.#opening = null;
      this.#ended = [];
      return result;
    } catch (error) {
      if (!isTouched(before)) throw error;
      await this.log.append(
        { id, environment, service },
        'error',
        `the journal cannot be written (${messageOf(error)}); the rollout continues from what the engine shows`,
      );
      return null;
    }
  }
}
