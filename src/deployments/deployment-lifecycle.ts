import { Injectable } from '@nestjs/common';
import { Storage } from '../storage/storage.js';
import { DeploymentChanges } from './deployment-changes.js';
import { DeploymentLog } from './deployment-log.js';

/**
 * The one way to change what becomes of a deployment. Whatever changes together is one transaction; its log lines are
 * printed when it is committed.
 */
@Injectable()
export class DeploymentLifecycle {
  constructor(
    private readonly storage: Storage,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Does all of `work`, or, if it throws, nothing.
   * @throws DeployError `storage-unavailable` if it cannot be stored now; else what `work` throws.
   */
  async change<T>(work: (changes: DeploymentChanges) => Promise<T>): Promise<T> {
    const { result, lines } = await this.storage.transaction(async (stored) => {
      const changes = new DeploymentChanges(stored);
      return { result: await work(changes), lines: changes.lines };
    });
    for (const { subject, level, text } of lines) this.log.print(subject, level, text);
    return result;
  }
}
