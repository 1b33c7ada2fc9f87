import { Injectable } from '@nestjs/common';
import { isApproved, whyNotApprove } from '../../domain/policy/approval.js';
import type { ApproveLink } from '../../domain/deployment/approve-link.js';
import type { Actor, AuditAction } from '../../domain/deployment/audit.js';
import {
  hasEnded,
  NOT_STARTED,
  unknownDeployment,
  type Deployment,
} from '../../domain/deployment/deployment.js';
import { DeployError } from '../../domain/errors.js';
import type { ApprovalSettings } from '../../domain/settings/policy-settings.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { auditEntry } from '../audit-entry.js';
import type { DeploymentChanges } from '../deployment-changes.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { Reconcilers } from '../queue/reconcilers.js';

/** What goes with a verdict. */
interface Said {
  readonly comment: string | undefined;
  /** The link by which it came; it is spent with it. */
  readonly link?: ApproveLink | undefined;
}

/** Approvals, rejections and cancellations of deployments that have not started. */
@Injectable()
export class ApprovalService {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly reconcilers: Reconcilers,
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

  /**
   * Agrees to a deployment that waits for approval; the last that is needed lets it go on. Agreeing twice is agreeing.
   * @param link By which it came: it is spent in the same transaction.
   * @throws DeployError `not-found`, `wrong-phase`, `forbidden` if another person has to, `gone` for a link that is spent.
   */
  approve(id: string, by: Actor, comment?: string, link?: ApproveLink): Promise<Deployment> {
    return this.judge(id, by, 'approve', { comment, link }, async (changes, deployment) => {
      const settings = this.assertMayDecide(deployment, by);
      if (deployment.approvals.some((each) => each.by === by.name)) return deployment;
      const approval = { by: by.name, at: new Date().toISOString() };
      const approvals = [...deployment.approvals, approval];
      const isLast = isApproved({ ...deployment, approvals }, settings);
      const line = { level: 'info', text: said('approved', by, { comment, link }) } as const;
      // The policy is evaluated again at once; until then it is not open to further verdicts.
      if (isLast) return changes.release(id, { approvals }, line);
      await changes.note(deployment, line.level, line.text);
      return changes.stored.deployments.update(id, { approvals });
    });
  }

  /** Ends a deployment that waits for approval. @throws as `approve`. */
  reject(id: string, by: Actor, comment?: string, link?: ApproveLink): Promise<Deployment> {
    const words = { comment, link };
    return this.judge(id, by, 'reject', words, async (changes, deployment) => {
      this.assertMayDecide(deployment, by);
      const reason = said('rejected', by, words);
      return changes.reject(id, reason);
    });
  }

  /** Ends a deployment that has not started. @throws DeployError `not-found`, `wrong-phase` */
  async cancel(id: string, by: Actor, comment?: string): Promise<Deployment> {
    return this.judge(id, by, 'cancel', { comment }, async (changes, deployment) => {
      if (!NOT_STARTED.includes(deployment.phase)) {
        const words = hasEnded(deployment.phase) ? 'has ended' : 'has started';
        throw new DeployError(
          'wrong-phase',
          `the deployment ${words} (${deployment.phase}) and cannot be cancelled any more`,
        );
      }
      const reason = said('cancelled', by, { comment });
      return changes.cancel(id, reason, 'info', reason);
    });
  }

  /**
   * Checks that a person may approve or reject a deployment now.
   * @throws DeployError `wrong-phase`, `forbidden` if another person has to.
   */
  assertMayDecide(deployment: Deployment, by: Pick<Actor, 'name'>): ApprovalSettings {
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
    words: Said,
    change: (changes: DeploymentChanges, deployment: Deployment) => Promise<Deployment | null>,
  ): Promise<Deployment> {
    const changed = await this.lifecycle.change(async (changes) => {
      const { stored } = changes;
      const deployment = await stored.deployments.get(id);
      if (deployment === null) throw unknownDeployment(id);
      if (words.link !== undefined) await spend(stored, deployment, words.link);
      const after = await change(changes, deployment);
      const detail = detailOf(words);
      await stored.audit.add(auditEntry(by, action, { deployment, detail }));
      return after ?? deployment;
    });
    const reconciler = this.reconcilers.of(changed.environment, changed.service);
    if (hasEnded(changed.phase)) reconciler.abortLookup(id);
    reconciler.wake();
    return changed;
  }
}

/** @throws DeployError `gone` where it is spent, `wrong-phase` where the digest is another one by now. */
async function spend(
  stored: Repositories,
  deployment: Deployment,
  link: ApproveLink,
): Promise<void> {
  assertSameDigest(deployment, link);
  const isFirst = await stored.spentLinks.spend(link, new Date().toISOString());
  if (!isFirst) throw spentLink();
}

/** @throws DeployError `wrong-phase` where the digest is another one than the link was made for. */
export function assertSameDigest({ digest }: Deployment, link: ApproveLink): void {
  if (digest === link.digest) return;
  throw new DeployError('wrong-phase', 'the deployment is of another digest than the link');
}

/** There is no such link: forged, cut off, or of a deployment that is not kept any more. */
export function unknownLink(): DeployError {
  return new DeployError('not-found', 'this link is not valid; was all of it copied?');
}

/** The link is good for one verdict, which was given. */
export function spentLink(): DeployError {
  return new DeployError('gone', 'this link has been used; each is good for one answer');
}

function detailOf({ comment, link }: Said): string | undefined {
  if (link === undefined) return comment;
  return comment === undefined ? 'with a link' : `with a link: ${comment}`;
}

function said(verb: string, { name }: Actor, { comment, link }: Said): string {
  const words = `${verb} by ${name}${link === undefined ? '' : ' with a link'}`;
  return comment === undefined ? words : `${words}: ${comment}`;
}
