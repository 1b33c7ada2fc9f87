import { Injectable } from '@nestjs/common';
import type { Deployment } from '../domain/deployment.js';
import type { Service } from '../domain/environment.js';
import { waitingReason } from '../domain/waiting-reason.js';
import { Storage } from '../storage/storage.js';
import { NOT_STARTED } from '../domain/deployment.js';
import { Decisions, heldBy } from './decisions.js';
import { DeploymentHandlers } from './deployment-handlers.js';
import { DeploymentLog } from './deployment-log.js';
import { ended } from './deployment-resolver.js';

/** The policy is asked again at least so often while it holds something back, in milliseconds: clocks may be set. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Asks the policy again before a deployment starts, and whenever something may have changed its answer. When that says
 * go, the handler is asked.
 */
@Injectable()
export class PolicyHolds {
  constructor(
    private readonly storage: Storage,
    private readonly decisions: Decisions,
    readonly handlers: DeploymentHandlers,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Stores what the policy, and after it the handler, says now, where that is new.
   * @returns `go`, or after how many milliseconds there is something to look at again.
   */
  async check(deployment: Deployment, service: Service): Promise<'go' | number> {
    const now = Date.now();
    const byPolicy = await this.decisions.decide(deployment, service, null, now);
    const decision =
      byPolicy.kind === 'go' ? await this.handlers.decide(deployment, service) : byPolicy;
    // A handler takes its time: somebody may have ended the deployment meanwhile.
    if (!(await this.isWanted(deployment))) return 0;
    if (decision.kind === 'skip' || decision.kind === 'expire') {
      const phase = decision.kind === 'skip' ? 'skipped' : 'expired';
      const { reason } = decision;
      await this.storage.deployments.update(deployment.id, ended({ phase, reason }));
      await this.log.line(deployment, 'info', `${phase}: ${reason}`);
      return 0;
    }
    const held = heldBy(decision);
    if (held === null || decision.kind === 'go') {
      // It may wait for its engine next, which is no word of the policy.
      if (deployment.waitingFor !== null && deployment.waitingFor !== 'engine') {
        const free = { phase: 'queued', waitingFor: null, reason: null } as const;
        await this.storage.deployments.update(deployment.id, {
          ...free,
          notBefore: null,
          expiresAt: null,
        });
      }
      return 'go';
    }
    const isNew = (Object.keys(held) as (keyof typeof held)[]).some(
      (key) => held[key] !== deployment[key],
    );
    if (isNew) {
      const stored = await this.storage.deployments.update(deployment.id, held);
      await this.log.line(deployment, 'info', waitingReason(stored, now) ?? '');
    }
    const next = [decision.until, decision.expiresAt].filter((each) => each !== null);
    return Math.min(LONGEST_PAUSE_MS, ...next.map((each) => Math.max(0, Date.parse(each) - now)));
  }

  private async isWanted({ id }: Deployment): Promise<boolean> {
    const stored = await this.storage.deployments.get(id);
    return stored !== null && NOT_STARTED.includes(stored.phase);
  }
}
