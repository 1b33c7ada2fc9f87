import { Injectable } from '@nestjs/common';
import { isApproved, whyNotApprove } from '../domain/approval.js';
import type { Actor, AuditAction } from '../domain/audit.js';
import { hasEnded, NOT_STARTED, type Deployment } from '../domain/deployment.js';
import { DeployError } from '../domain/errors.js';
import type { ApprovalSettings } from '../domain/policy-settings.js';
import { EnvironmentsService } from '../environments/environments.service.js';
import type { Repositories } from '../storage/repositories.js';
import { Storage } from '../storage/storage.js';
import { auditEntry } from './audit-entry.js';
import { DeploymentLog } from './deployment-log.js';
import { ended } from './deployment-resolver.js';
import { unknownDeployment } from './deployment.service.js';
import { Worker } from './worker.js';

/** What people say to deployments that have not started: yes, no, or never mind. */
@Injectable()
export class VerdictService {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly worker: Worker,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Agrees to a deployment that waits for approval; the last that is needed lets it go on. Agreeing twice is agreeing.
   * @throws DeployError `not-found`, `wrong-phase`, `forbidden` where somebody else has to.
   */
  approve(id: string, by: Actor, comment?: string): Promise<Deployment> {
    return this.judge(id, by, 'approve', comment, async (stored, deployment) => {
      const settings = this.assertMayDecide(deployment, by);
      if (deployment.approvals.some((each) => each.by === by.name)) return deployment;
      const approval = { by: by.name, at: new Date().toISOString() };
      const approvals = [...deployment.approvals, approval];
      const isLast = isApproved({ ...deployment, approvals }, settings);
      // It is asked again at once; until then nobody else can say anything to it.
      const free = { phase: 'queued', waitingFor: null, reason: null, expiresAt: null } as const;
      return stored.deployments.update(id, { approvals, ...(isLast ? free : {}) });
    });
  }

  /** Ends a deployment that waits for approval. @throws as `approve`. */
  reject(id: string, by: Actor, comment?: string): Promise<Deployment> {
    return this.judge(id, by, 'reject', comment, async (stored, deployment) => {
      this.assertMayDecide(deployment, by);
      const reason = said('rejected', by, comment);
      return stored.deployments.update(id, ended({ phase: 'rejected', reason }));
    });
  }

  /** Ends a deployment that has not started. @throws DeployError `not-found`, `wrong-phase` */
  async cancel(id: string, by: Actor, comment?: string): Promise<Deployment> {
    return this.judge(id, by, 'cancel', comment, async (stored, deployment) => {
      if (!NOT_STARTED.includes(deployment.phase)) {
        const words = hasEnded(deployment.phase) ? 'has ended' : 'has started';
        throw new DeployError(
          'wrong-phase',
          `the deployment ${words} (${deployment.phase}) and cannot be cancelled any more`,
        );
      }
      const reason = said('cancelled', by, comment);
      return stored.deployments.update(id, ended({ phase: 'cancelled', reason }));
    });
  }

  private assertMayDecide(deployment: Deployment, by: Actor): ApprovalSettings {
    const { phase, waitingFor, environment, service: name } = deployment;
    const service = this.environments.findService(environment, name);
    const settings = service?.policy.approval ?? null;
    if (phase !== 'waiting' || waitingFor !== 'approval' || settings === null) {
      const state = phase === 'waiting' ? `waits for ${waitingFor ?? 'nothing'}` : `is ${phase}`;
      throw new DeployError(
        'wrong-phase',
        `the deployment does not wait for approval: it ${state}`,
      );
    }
    const why = whyNotApprove(deployment, settings, by.name);
    if (why !== null) throw new DeployError('forbidden', why);
    return settings;
  }

  private async judge(
    id: string,
    by: Actor,
    action: AuditAction,
    comment: string | undefined,
    change: (stored: Repositories, deployment: Deployment) => Promise<Deployment>,
  ): Promise<Deployment> {
    const changed = await this.storage.transaction(async (stored) => {
      const deployment = await stored.deployments.get(id);
      if (deployment === null) throw unknownDeployment(id);
      const after = await change(stored, deployment);
      await stored.audit.add(auditEntry(by, action, { deployment, detail: comment }));
      return after;
    });
    const lane = this.worker.lane(changed.environment, changed.service);
    if (hasEnded(changed.phase)) lane.abandon(id);
    lane.wake();
    await this.log.line(changed, 'info', changed.reason ?? said('approved', by, comment));
    return changed;
  }
}

function said(verb: string, { name }: Actor, comment: string | undefined): string {
  return comment === undefined ? `${verb} by ${name}` : `${verb} by ${name}: ${comment}`;
}
