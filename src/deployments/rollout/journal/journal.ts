import { Injectable } from '@nestjs/common';
import { NO_OVERLAP, NOTHING_DONE, type RolloutIntent } from '../../../domain/rollout/intent.js';
import { Storage } from '../../../storage/storage.js';
import { DeploymentLog } from '../../deployment-log.js';
import { RolloutJournal, type JournalOpening } from './rollout-journal.js';

/** The journal of all rollouts: every step is on disk before it is done. */
@Injectable()
export class Journal {
  constructor(
    private readonly storage: Storage,
    private readonly log: DeploymentLog,
  ) {}

  /** @returns null if no rollout of the deployment was ever started. */
  async read(deployment: string): Promise<RolloutIntent | null> {
    const stored = await this.storage.deployments.intent(deployment);
    // Deploy may have been updated while a rollout was under way.
    return stored === null
      ? null
      : { ...NO_OVERLAP, ...NOTHING_DONE, ...(stored as RolloutIntent) };
  }

  /** The journal of one rollout, to write to. @param opening Applied to the deployment together with the first entry. */
  open(opening: JournalOpening | null): RolloutJournal {
    return new RolloutJournal(this.storage, this.log, opening);
  }

  /** Closes the steps that a crash left open. */
  async closeInterrupted(intent: RolloutIntent): Promise<void> {
    const steps = await this.storage.deployments.steps(intent.deployment);
    const left = [...steps.entries()].filter(([, step]) => step.outcome === null);
    if (left.length === 0) return;
    const journal = this.open(null);
    for (const [index] of left) journal.end(intent, index + 1, 'interrupted', null);
    await journal.flush();
  }
}
