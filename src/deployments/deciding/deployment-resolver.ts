import { Injectable } from '@nestjs/common';
import {
  isManual,
  NOT_STARTED,
  UNDER_WAY,
  type Deployment,
} from '../../domain/deployment/deployment.js';
import { supersedes } from '../../domain/deployment/supersede.js';
import type { TagRule } from '../../domain/image/tag-rule.js';
import type { PolicyDecision } from '../../domain/policy/policy.js';
import { alreadyRunning } from '../../domain/policy/reasons.js';
import type { Service } from '../../domain/settings/environment.js';
import { PolicyService, type Current } from '../../environments/policy.service.js';
import type { Recheck } from '../../storage/repositories/recheck.repository.js';
import type { DeploymentChanges } from '../deployment-changes.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { OutcomeRecorder } from '../outcome/outcome-recorder.js';
import { DigestLookup, type LookupOutcome, type ResolveControls } from './digest-lookup.js';
import { TagRecheck } from './tag-recheck.js';

/** A deployment whose digest has just become known. */
type Resolved = Deployment & { readonly digest: string };

/** What the policy says of one that does not end with that. */
type Undecided = Extract<PolicyDecision, { kind: 'go' | 'wait' }>;

/**
 * Brings a deployment from "which digest does the tag have now" to `queued` or to its end: asks the
 * registry, asks the policy, and settles with the service's other deployments who goes.
 */
@Injectable()
export class DeploymentResolver {
  constructor(
    private readonly lifecycle: DeploymentLifecycle,
    private readonly policy: PolicyService,
    private readonly lookup: DigestLookup,
    private readonly tags: TagRecheck,
    private readonly outcome: OutcomeRecorder,
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

  /** Looks once more at a tag, because a duplicate hook asked for it. */
  recheck(recheck: Recheck, service: Service, signal: AbortSignal): Promise<void> {
    return this.tags.lookOnceMore(recheck, service, signal);
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
      expiresAt: this.lookup.deadlineOf(deployment),
      running: async () => {
        const current = await this.policy.current(service);
        onLook(current);
        return deployment.force ? [] : current.digests;
      },
      onTrouble: (message) => this.holdFor(deployment, `waits for the registry: ${message}`),
      wait,
      signal,
    });
  }

  private async holdFor({ id }: Deployment, reason: string): Promise<void> {
    await this.lifecycle.change(async (changes) => {
      const now = await changes.stored.deployments.get(id);
      if (now?.phase === 'waiting') {
        await changes.hold(id, { waitingFor: 'registry', reason }, 'warn');
      }
    });
  }

  private async endWithout(
    { id }: Deployment,
    service: Service,
    outcome: Exclude<LookupOutcome, { kind: 'changed' }>,
  ): Promise<void> {
    const { kind } = outcome;
    if (kind === 'same') {
      const { digest } = outcome;
      const reason = alreadyRunning(digest);
      await this.lifecycle.change((changes) => changes.skip(id, reason, { digest }));
    } else if (kind === 'expired') {
      const reason = `the registry did not answer in time: ${outcome.message}`;
      await this.lifecycle.change((changes) => changes.expire(id, reason));
    } else {
      const error = await this.outcome.untouchedFailure(service, outcome.code, outcome.message);
      await this.lifecycle.change((changes) => changes.fail(id, error));
    }
  }

  /** A promotion of what runs already ends at once. */
  private async isPromotedAlready(deployment: Deployment, service: Service): Promise<boolean> {
    const { trigger, digest } = deployment;
    if (trigger.kind !== 'promotion' || digest === null) return false;
    const { digests } = await this.policy.current(service);
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
    const decision = await this.policy.decide(known, service, seen);
    await this.lifecycle.change(async (changes) => {
      const now = await changes.stored.deployments.get(known.id);
      if (now?.phase !== 'waiting') return;
      if (decision.kind === 'skip') {
        await changes.skip(known.id, decision.reason, { digest });
      } else if (decision.kind === 'expire') {
        await changes.expire(known.id, decision.reason, 'info', { digest });
      } else {
        await settleAmongOthers(changes, known, decision, service.tagRule);
      }
    });
  }
}

/** Decides which of a service's deployments goes: the one whose digest has become known, or another one. */
async function settleAmongOthers(
  changes: DeploymentChanges,
  known: Resolved,
  decision: Undecided,
  rule: TagRule,
): Promise<void> {
  const { id, environment, service, digest, trigger } = known;
  const { stored } = changes;
  const active = await stored.deployments.activeOf(environment, service);
  const others = active.filter((each) => each.id !== id);
  const twin = others.find((each) => isTwin(each, known, decision));
  if (twin !== undefined) {
    if (trigger.delivery !== null) await stored.deliveries.link(trigger.delivery, twin.id);
    await changes.skip(id, `joined ${twin.id}, which rolls out the same digest`, { digest });
    return;
  }
  const newer = others.find(
    (each) => isWaiting(each) && each.digest !== null && supersedes(rule, each, known),
  );
  if (newer !== undefined) {
    await changes.supersede(id, newer.id, digest);
    return;
  }
  for (const older of others.filter((each) => isWaiting(each) && supersedes(rule, known, each))) {
    await changes.supersede(older.id, id, older.digest);
  }
  if (decision.kind === 'go') {
    await changes.release(id, { digest });
  } else {
    const { for: waitingFor, reason, until: notBefore, expiresAt } = decision;
    await changes.hold(id, { waitingFor, reason, notBefore, expiresAt }, null, { digest });
  }
  const is = `${known.image}:${known.tag} is ${digest} now`;
  await changes.note(known, 'info', known.pinned ? `${digest} is wanted` : is);
}

/** Whether another deployment rolls out the same digest, no later than this one could. */
function isTwin(other: Deployment, known: Resolved, decision: Undecided): boolean {
  if (other.digest !== known.digest || known.force || !isAhead(other, known)) return false;
  // What may go now does not join what has to wait.
  if (decision.kind === 'wait' || other.phase !== 'waiting' || other.waitingFor === 'engine') {
    return true;
  }
  // That one is as good as begun.
  return other.group !== null && !isManual(known);
}

/** Whether a deployment will reach, or is reaching, the digest before the other could. */
function isAhead(other: Deployment, deployment: Deployment): boolean {
  return UNDER_WAY.includes(other.phase) || other.id < deployment.id;
}

function isWaiting(deployment: Deployment): boolean {
  return NOT_STARTED.includes(deployment.phase);
}
