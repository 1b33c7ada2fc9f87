import type { DeploymentDetails } from '../../../domain/deployment/deployment.js';
import { messageOf } from '../../../domain/errors.js';
import { isTouched, type RolloutIntent } from '../../../domain/rollout/intent.js';
import type { Repositories } from '../../../storage/repositories/repositories.js';
import type { Storage } from '../../../storage/storage.js';
import { DeploymentChanges } from '../../deployment-changes.js';
import type { DeploymentLog } from '../../deployment-log.js';

/** What the first entry of a rollout changes of its deployment. */
export type JournalOpening = Pick<DeploymentDetails, 'previousDigest' | 'strategy'>;

/** A step that is under way, in the journal. Null where it could not be written. */
export type OpenStep = number | null;

interface EndedStep {
  readonly intent: RolloutIntent;
  readonly open: OpenStep;
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly detail: string | null;
  readonly at: string;
}

/**
 * The journal of one rollout. What is about to be done is on disk before it is done; how it ended goes
 * there together with the next entry, for the engine itself tells that after a crash. Until the old
 * container is touched a journal that cannot be written ends the rollout; from then on it never stands in
 * the way of bringing the service up: the labels on the engine tell the same story.
 */
export class RolloutJournal {
  /** Steps that have ended, which is not on disk yet. */
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
   * Writes what is about to be done, and the intent with which it is done, in one transaction.
   * @param before the intent until now: the very step that touches the old one must be on disk first.
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

  /** Takes note of how a step ended, and of the intent after it. The next entry writes it, or {@link flush}. */
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

  /** Writes what is not on disk yet. For when no other entry follows at once. */
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
        `the journal cannot be written (${messageOf(error)}); the rollout goes on from what the engine shows`,
      );
      return null;
    }
  }
}
