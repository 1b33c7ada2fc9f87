import { Injectable } from '@nestjs/common';
import { NOT_STARTED, type Deployment, type Phase } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { waitingReason } from '../../domain/deployment/waiting-reason.js';
import { Storage } from '../../storage/storage.js';
import { PolicyService, heldBy } from '../../environments/policy.service.js';
import { DeploymentHandlers } from './deployment-handlers.js';
import { DeploymentLog } from '../deployment-log.js';
import { ended } from './deployment-resolver.js';
import type { Gathered } from './group-gathering.js';
import { Groups } from './groups.js';

/** The policy is asked again at least so often while it holds something back, in milliseconds: clocks may be set. */
const LONGEST_PAUSE_MS = 60_000;

/** What the policy, the handler and the group say of a deployment. */
type Answer = Exclude<Gathered | Awaited<ReturnType<PolicyService['decide']>>, 'again'>;

/** The phase in which a deployment ends by such an answer. */
const END_BY: Readonly<Record<'skip' | 'expire' | 'cancel', Phase>> = {
  skip: 'skipped',
  expire: 'expired',
  cancel: 'cancelled',
};

/**
 * Asks the policy again before a deployment starts, and whenever something may have changed its answer. When that says
 * go, the handler is asked, and then the group.
 */
@Injectable()
export class Admission {
  constructor(
    private readonly storage: Storage,
    private readonly decisions: PolicyService,
    readonly handlers: DeploymentHandlers,
    readonly groups: Groups,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Stores what the policy, the handler or the group says now, where that is new.
   * @param stopping Ends what takes its time. @throws its reason then.
   * @returns `go`, or after how many milliseconds there is something to look at again.
   */
  async check(
    deployment: Deployment,
    service: Service,
    stopping: AbortSignal,
  ): Promise<'go' | number> {
    const now = Date.now();
    const answer = await this.ask(deployment, service, now, stopping);
    // A handler takes its time: somebody may have ended the deployment meanwhile.
    if (answer === 'again' || !(await this.isWanted(deployment))) return 0;
    return this.store(deployment, answer, now);
  }

  private async ask(
    deployment: Deployment,
    service: Service,
    now: number,
    stopping: AbortSignal,
  ): Promise<Answer | 'again'> {
    // A grouped deployment that was let go is finished, as a rollout is.
    if (deployment.group !== null) return this.groups.conductor.turnOf(deployment);
    const byPolicy = await this.decisions.decide(deployment, service, null, now);
    if (byPolicy.kind !== 'go') return byPolicy;
    const byHandler = await this.handlers.decide(deployment, service);
    if (byHandler.kind !== 'go') return byHandler;
    return this.groups.gathering.ask(deployment, service, now, stopping);
  }

  private async store(deployment: Deployment, answer: Answer, now: number): Promise<'go' | number> {
    if (answer.kind === 'skip' || answer.kind === 'expire' || answer.kind === 'cancel') {
      const phase = END_BY[answer.kind];
      const { reason } = answer;
      await this.storage.deployments.update(deployment.id, ended({ phase, reason }));
      await this.log.line(deployment, 'info', `${phase}: ${reason}`);
      return 0;
    }
    const held = heldBy(answer);
    if (held === null || answer.kind === 'go') {
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
    const next = [answer.until, answer.expiresAt].filter((each) => each !== null);
    return Math.min(LONGEST_PAUSE_MS, ...next.map((each) => Math.max(0, Date.parse(each) - now)));
  }

  private async isWanted({ id }: Deployment): Promise<boolean> {
    const stored = await this.storage.deployments.get(id);
    return stored !== null && NOT_STARTED.includes(stored.phase);
  }
}
