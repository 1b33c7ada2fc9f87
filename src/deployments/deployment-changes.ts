import {
  endedUnstarted,
  NOT_STARTED,
  UNDER_WAY,
  type Deployment,
  type DeploymentPatch,
  type Failure,
  type Phase,
  type WaitingFor,
} from '../domain/deployment/deployment.js';
import { waitingReason } from '../domain/deployment/waiting-reason.js';
import type { Repositories } from '../storage/repositories/repositories.js';
import type { LogLevel, LogSubject } from './deployment-log.js';

/** Why a deployment is held back, and until when. Times are RFC 3339, UTC. */
export interface Hold {
  readonly waitingFor: WaitingFor;
  readonly reason: string;
  /** When it may go at the earliest; left out: unknown. */
  readonly notBefore?: string | null;
  /** When it expires if nothing happens; left out: never. */
  readonly expiresAt?: string | null;
}

/** A line of a deployment's log. */
export interface Line {
  readonly level: LogLevel;
  readonly text: string;
}

/** A line that was stored, to be printed in the server's log once it is committed. */
export interface StoredLine extends Line {
  readonly subject: LogSubject;
}

/**
 * Changes of deployments within one transaction of storage. Invariants:
 *
 * - This class alone writes a deployment's phase; a lint rule holds that.
 * - Every change reads the deployment again first. A deployment that is no longer in a phase in which the change makes sense
 *   stays as it is, and the answer is null: another change was faster.
 * - State, event and log line are committed together or not at all.
 */
export class DeploymentChanges {
  readonly #lines: StoredLine[] = [];

  constructor(
    /** Everything else that belongs into the same transaction. */
    readonly stored: Repositories,
  ) {}

  /** What was stored in logs, in order. */
  get lines(): readonly StoredLine[] {
    return this.#lines;
  }

  /** Stores a new deployment with the first line of its log. */
  async create(deployment: Deployment, text: string, level: LogLevel = 'info'): Promise<void> {
    await this.stored.deployments.insert(deployment);
    await this.note(deployment, level, text, deployment.createdAt);
  }

  /** Adds a line to a deployment's log. @param at RFC 3339, UTC */
  async note(
    subject: LogSubject,
    level: LogLevel,
    text: string,
    at = new Date().toISOString(),
  ): Promise<void> {
    await this.stored.logs.append(subject.id, [{ at, level, text }]);
    this.#lines.push({ subject, level, text });
  }

  /**
   * Holds back a deployment that has not started. Nothing is written if it is held for the same already.
   * @param level Of the line that says why. Null: the log says nothing.
   */
  async hold(
    id: string,
    { waitingFor, reason, notBefore = null, expiresAt = null }: Hold,
    level: LogLevel | null = 'info',
    details: Pick<DeploymentPatch, 'digest'> = {},
  ): Promise<Deployment | null> {
    const patch = {
      phase: 'waiting',
      waitingFor,
      reason,
      notBefore,
      expiresAt,
      ...details,
    } as const;
    const now = Date.now();
    const text = waitingReason({ phase: 'waiting', reason, notBefore }, now) ?? reason;
    return this.change(id, NOT_STARTED, patch, level === null ? null : { level, text });
  }

  /** Nothing holds it back any more: it waits for its turn in the queue. */
  release(
    id: string,
    details: Pick<DeploymentPatch, 'digest' | 'approvals'> = {},
    line: Line | null = null,
  ): Promise<Deployment | null> {
    const patch = {
      phase: 'queued',
      waitingFor: null,
      reason: null,
      notBefore: null,
      expiresAt: null,
      ...details,
    } as const;
    return this.change(id, NOT_STARTED, patch, line);
  }

  /** Its rollout begins. */
  start(id: string): Promise<Deployment | null> {
    const startedAt = new Date().toISOString();
    const patch = { phase: 'running', startedAt, waitingFor: null, reason: null } as const;
    return this.change(id, ['queued'], patch, null);
  }

  /** Ends one that has not started: there is nothing to do. */
  skip(
    id: string,
    reason: string,
    details: Pick<DeploymentPatch, 'digest'> = {},
  ): Promise<Deployment | null> {
    return this.end(id, { phase: 'skipped', reason, ...details }, 'info');
  }

  /** Ends one that has not started: its time is over. */
  expire(
    id: string,
    reason: string,
    level: LogLevel = 'info',
    details: Pick<DeploymentPatch, 'digest'> = {},
  ): Promise<Deployment | null> {
    return this.end(id, { phase: 'expired', reason, ...details }, level);
  }

  /** Ends one that has not started: it is not wanted any more. @param text What the log says, if not the default. */
  cancel(
    id: string,
    reason: string,
    level: LogLevel = 'info',
    text?: string,
  ): Promise<Deployment | null> {
    return this.end(id, { phase: 'cancelled', reason }, level, text);
  }

  /** Ends one that has not started: an approver refused it, as `reason` says. */
  reject(id: string, reason: string): Promise<Deployment | null> {
    return this.end(id, { phase: 'rejected', reason }, 'info', reason);
  }

  /** Ends one that has not started: `successor` takes its place. */
  supersede(
    id: string,
    successor: string,
    digest: string | null,
    text = `superseded by ${successor}`,
  ): Promise<Deployment | null> {
    const reason = `a newer version took its place: ${successor}`;
    const patch = { phase: 'superseded', supersededBy: successor, digest, reason } as const;
    return this.end(id, patch, 'info', text);
  }

  /** Ends one that has not started: it cannot be deployed. */
  fail(id: string, error: Failure): Promise<Deployment | null> {
    const patch = { phase: 'failed', reason: error.message, error } as const;
    return this.end(id, patch, 'error');
  }

  /** Its rollout failed after the old version was touched, which is now restored. */
  rollBack(id: string, reason: string): Promise<Deployment | null> {
    return this.change(id, UNDER_WAY, { phase: 'rolling-back', reason }, null);
  }

  /** Ends one that has started. */
  async finish(
    id: string,
    patch: DeploymentPatch & { readonly phase: Phase },
    line: Line,
  ): Promise<Deployment | null> {
    const now = await this.stored.deployments.get(id);
    // A rollback whose beginning could not be journalled is still one.
    if (patch.phase === 'rolled-back' && now?.phase === 'running') {
      await this.stored.deployments.transition(id, { phase: 'rolling-back' });
    }
    return this.change(id, UNDER_WAY, patch, line);
  }

  private end(
    id: string,
    patch: DeploymentPatch & { readonly phase: Phase; readonly reason: string },
    level: LogLevel,
    text = `${patch.phase}: ${patch.reason}`,
  ): Promise<Deployment | null> {
    const ended = endedUnstarted(patch, new Date().toISOString());
    return this.change(id, NOT_STARTED, ended, { level, text });
  }

  private async change(
    id: string,
    from: readonly Phase[],
    patch: DeploymentPatch,
    line: Line | null,
  ): Promise<Deployment | null> {
    const before = await this.stored.deployments.get(id);
    if (before === null || !from.includes(before.phase)) return null;
    if (!isNews(before, patch)) return before;
    const after = await this.stored.deployments.transition(id, patch);
    if (line !== null) await this.note(after, line.level, line.text);
    return after;
  }
}

function isNews(before: Deployment, patch: DeploymentPatch): boolean {
  return (Object.keys(patch) as (keyof DeploymentPatch)[]).some(
    (key) => patch[key] !== before[key],
  );
}
