import { Injectable } from '@nestjs/common';
import {
  NOT_STARTED,
  UNDER_WAY,
  type Deployment,
  type DeploymentPatch,
  isManual,
} from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { supersedes } from '../../domain/deployment/supersede.js';
import type { TagRule } from '../../domain/image/tag-rule.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { Storage } from '../../storage/storage.js';
import { PolicyService, heldBy, type Current } from '../../environments/policy.service.js';
import { DeploymentLog } from '../deployment-log.js';
import { DigestLookup, LookupSchedule, type LookupOutcome } from './digest-lookup.js';
import { failureOf } from '../outcome/conclusion.js';
import { ServiceInspector, servingNow } from '../../environments/service-inspector.js';

export interface ResolveControls {
  readonly wait: (milliseconds: number) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Brings a deployment from "which digest does the tag have now" to `queued` or to its end: asks the
 * registry, asks the policy, and settles with the service's other deployments who goes.
 */
@Injectable()
export class DeploymentResolver {
  constructor(
    private readonly storage: Storage,
    private readonly decisions: PolicyService,
    private readonly lookup: DigestLookup,
    private readonly schedule: LookupSchedule,
    private readonly inspector: ServiceInspector,
    private readonly log: DeploymentLog,
  ) {}

  /** @throws the signal's reason when aborted; storage errors. */
  async resolve(
    deployment: Deployment,
    service: Service,
    controls: ResolveControls,
  ): Promise<void> {
    if (deployment.pinned && deployment.digest !== null) {
      if (await this.isPromotedAlready(deployment, service)) return;
      await this.settle(deployment, service, deployment.digest, null);
      return;
    }
    /** What ran at the last look: the policy need not ask the engine again. */
    let seen: Current | null = null;
    const outcome = await this.lookUp(deployment, service, controls, (current) => {
      seen = current;
    });
    if (outcome.kind === 'changed') {
      await this.settle(deployment, service, outcome.digest, seen);
    } else {
      await this.endWithout(deployment, service, outcome);
    }
  }

  /** The digest that the tag has at this moment, or null where the registry does not tell. */
  async digestNow(deployment: Deployment, signal: AbortSignal): Promise<string | null> {
    const outcome = await this.lookup.resolve({
      repository: deployment.image,
      tag: deployment.tag,
      once: true,
      expiresAt: 0,
      running: () => Promise.resolve([]),
      onTrouble: () => Promise.resolve(),
      wait: () => Promise.resolve(false),
      signal,
    });
    return outcome.kind === 'changed' ? outcome.digest : null;
  }

  private lookUp(
    deployment: Deployment,
    service: Service,
    { wait, signal }: ResolveControls,
    onLook: (current: Current) => void,
  ): Promise<LookupOutcome> {
    return this.lookup.resolve({
      repository: deployment.image,
      tag: deployment.tag,
      once: deployment.trigger.kind === 'api',
      expiresAt: Date.parse(deployment.createdAt) + this.schedule.expiresAfterMs,
      running: async () => {
        const current = await this.decisions.current(service);
        onLook(current);
        return deployment.force ? [] : current.digests;
      },
      onTrouble: (message) => this.tellTrouble(deployment, message),
      wait,
      signal,
    });
  }

  private async tellTrouble(deployment: Deployment, message: string): Promise<void> {
    const reason = `waits for the registry: ${message}`;
    await this.log.line(deployment, 'warn', reason);
    await this.storage.deployments.update(deployment.id, { waitingFor: 'registry', reason });
  }

  private async endWithout(
    deployment: Deployment,
    service: Service,
    outcome: Exclude<LookupOutcome, { kind: 'changed' }>,
  ): Promise<void> {
    if (outcome.kind === 'same') {
      await this.end(deployment, {
        phase: 'skipped',
        digest: outcome.digest,
        reason: `${outcome.digest} is running already`,
      });
    } else if (outcome.kind === 'expired') {
      const reason = `the registry did not answer in time: ${outcome.message}`;
      await this.end(deployment, { phase: 'expired', reason });
    } else {
      const serving = await servingNow(this.inspector, service);
      const error = failureOf(outcome.code, outcome.message, serving);
      await this.end(deployment, { phase: 'failed', reason: outcome.message, error });
    }
  }

  /** A promotion of what runs already ends at once. */
  private async isPromotedAlready(deployment: Deployment, service: Service): Promise<boolean> {
    const { trigger, digest } = deployment;
    if (trigger.kind !== 'promotion' || digest === null) return false;
    const { digests } = await this.decisions.current(service);
    if (!digests.includes(digest)) return false;
    await this.endWithout(deployment, service, { kind: 'same', digest });
    return true;
  }

  /** Its digest is known: asks the policy and settles it with the service's other deployments. */
  private async settle(
    deployment: Deployment,
    service: Service,
    digest: string,
    seen: Current | null,
  ): Promise<void> {
    const known = { ...deployment, digest };
    const decision = await this.decisions.decide(known, service, seen);
    if (decision.kind === 'skip' || decision.kind === 'expire') {
      const phase = decision.kind === 'skip' ? 'skipped' : 'expired';
      await this.end(deployment, { phase, digest, reason: decision.reason });
      return;
    }
    const lines = await this.storage.transaction(async (stored) => {
      const told = await this.settleIn(stored, known, heldBy(decision), service.tagRule);
      const at = new Date().toISOString();
      for (const { subject, text } of told) {
        await stored.logs.append(subject.id, [{ at, level: 'info', text }]);
      }
      return told;
    });
    for (const { subject, text } of lines) this.log.say(subject, 'info', text);
  }

  private async settleIn(
    stored: Repositories,
    known: Deployment & { readonly digest: string },
    held: DeploymentPatch | null,
    rule: TagRule,
  ): Promise<{ subject: Deployment; text: string }[]> {
    const now = await stored.deployments.get(known.id);
    if (now?.phase !== 'waiting') return [];
    const { environment, service, digest } = known;
    const others = (await stored.deployments.activeOf(environment, service)).filter(
      (each) => each.id !== known.id,
    );
    const twin = others.find(
      (each) =>
        each.digest === digest &&
        !known.force &&
        isAhead(each, known) &&
        // What may go now does not join what has to wait.
        (held !== null ||
          each.phase !== 'waiting' ||
          each.waitingFor === 'engine' ||
          // That one is as good as begun.
          (each.group !== null && !isManual(known))),
    );
    if (twin !== undefined) {
      if (known.trigger.delivery !== null) {
        await stored.deliveries.link(known.trigger.delivery, twin.id);
      }
      const reason = `joined ${twin.id}, which rolls out the same digest`;
      await stored.deployments.update(known.id, ended({ phase: 'skipped', digest, reason }));
      return [{ subject: known, text: `skipped: ${reason}` }];
    }
    const newer = others.find(
      (each) => isWaiting(each) && each.digest !== null && supersedes(rule, each, known),
    );
    if (newer !== undefined) {
      await stored.deployments.update(known.id, supersededBy(newer.id, digest));
      return [{ subject: known, text: `superseded by ${newer.id}` }];
    }
    const lines: { subject: Deployment; text: string }[] = [];
    for (const older of others.filter((each) => isWaiting(each) && supersedes(rule, known, each))) {
      await stored.deployments.update(older.id, supersededBy(known.id, older.digest));
      lines.push({ subject: older, text: `superseded by ${known.id}` });
    }
    const free = { phase: 'queued', waitingFor: null, reason: null } as const;
    await stored.deployments.update(known.id, { ...(held ?? free), digest });
    const is = `${known.image}:${known.tag} is ${digest} now`;
    return [...lines, { subject: known, text: known.pinned ? `${digest} is wanted` : is }];
  }

  private async end(deployment: Deployment, patch: DeploymentPatch): Promise<void> {
    const isOver = await this.storage.transaction(async (stored) => {
      const now = await stored.deployments.get(deployment.id);
      if (now?.phase !== 'waiting') return true;
      await stored.deployments.update(deployment.id, ended(patch));
      return false;
    });
    if (isOver) return;
    const level = patch.phase === 'failed' ? 'error' : 'info';
    await this.log.line(deployment, level, `${patch.phase ?? ''}: ${patch.reason ?? ''}`);
  }
}

/** Whether a deployment will reach, or is reaching, the digest before the other could. */
function isAhead(other: Deployment, deployment: Deployment): boolean {
  return UNDER_WAY.includes(other.phase) || other.id < deployment.id;
}

function isWaiting(deployment: Deployment): boolean {
  return NOT_STARTED.includes(deployment.phase);
}

/** What is written of a deployment that ends without having started. */
export function ended(patch: DeploymentPatch): DeploymentPatch {
  const finishedAt = new Date().toISOString();
  return { waitingFor: null, notBefore: null, expiresAt: null, finishedAt, ...patch };
}

export function supersededBy(id: string, digest: string | null): DeploymentPatch {
  const reason = `a newer version took its place: ${id}`;
  return ended({ phase: 'superseded', supersededBy: id, digest, reason });
}
