import { Injectable } from '@nestjs/common';
import { NOT_STARTED, type Deployment, isManual } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { isMissed, movesInGroup, nextMove, whyDropped } from '../../domain/deployment/group.js';
import type { GroupSettings } from '../../domain/settings/group-settings.js';
import type { PolicyDecision } from '../../domain/policy/policy.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { PolicyService } from '../../environments/policy.service.js';
import { INTERACTIVE_LOOKUP_MS } from '../../registries/registry-client.js';
import { newId } from '../new-id.js';
import { TagRecheck } from './tag-recheck.js';

/** What the group says of a deployment that nothing else holds back. `again`: something has changed, decide again. */
export type Gathered =
  | Extract<PolicyDecision, { kind: 'go' | 'wait' }>
  | { readonly kind: 'cancel'; readonly reason: string }
  | 'again';

/**
 * Gathers the deployments of a group: all that have not started. They are released together, in one transaction, once
 * nothing holds any of them back and no further push came for a while.
 */
@Injectable()
export class GroupGathering {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly policy: PolicyService,
    private readonly tags: TagRecheck,
  ) {}

  /**
   * What holds back a deployment that nothing but its group can hold back.
   * @param now Milliseconds since 1970.
   * @param stopping Ends the look at the registry. @throws its reason then.
   */
  async ask(
    deployment: Deployment,
    service: Service,
    now: number,
    stopping: AbortSignal,
  ): Promise<Gathered> {
    const { environment } = service;
    const { group } = this.environments.environment(environment);
    if (!movesInGroup(deployment, group)) {
      const source = isManual(deployment) ? null : await this.sourceUnderWay(service);
      return source === null ? { kind: 'go' } : held(source);
    }
    if (await this.isOpenIn(environment)) {
      return held('waits for the end of the grouped deployment that is under way');
    }
    const members = await this.waiting(environment, group);
    if (members.length === 0) return 'again';
    const missed = await this.missed(environment, group, members);
    if (missed !== null) return { kind: 'cancel', reason: whyDropped(missed) };
    const other = members.find((each) => each.id !== deployment.id && !isReady(each));
    if (other !== undefined) {
      return held(`waits for ${other.service}, with which it moves and which ${stateOf(other)}`);
    }
    const last = Math.max(...members.map((each) => Date.parse(each.createdAt)));
    const due = last + group.settleMs;
    if (group.settleMs > 0 && now < due) {
      return held('waits for further pushes of its group, goes', new Date(due).toISOString());
    }
    const waiting = await this.whyNotYet(members, now);
    if (waiting !== null) return held(waiting);
    for (const member of members) {
      if (await this.hasTagMoved(member, stopping)) return 'again';
    }
    await this.form(members, environment, group, now);
    return 'again';
  }

  /** Whether it is the turn of a deployment whose group was released. */
  async turnOf({ id, group }: Deployment): Promise<Gathered> {
    const run = (await this.storage.groupRuns.open()).find((each) => each.id === group?.id);
    if (run === undefined) return { kind: 'go' };
    const move = nextMove(run, await this.storage.groupRuns.deployments(run.id));
    if (move.kind === 'next' && move.deployment.id === id) return { kind: 'go' };
    return held(
      move.kind === 'next'
        ? `its turn comes after ${move.deployment.service}`
        : 'its turn comes after the one of its group that is under way',
    );
  }

  /** What the policy says of each now: it may be a while since it was asked. Null where it lets all of them go. */
  private async whyNotYet(members: readonly Deployment[], now: number): Promise<string | null> {
    for (const member of members) {
      const service = this.environments.service(member.environment, member.service);
      const source = await this.sourceUnderWay(service);
      if (source !== null) return source;
      const decision = await this.policy.decide(member, service, null, now);
      if (decision.kind !== 'go') return `waits for ${member.service}, with which it moves`;
    }
    return null;
  }

  /** A version whose source may still go back with its group has not proved itself. Null where there is none such. */
  private async sourceUnderWay({ policy: { promoteFrom } }: Service): Promise<string | null> {
    if (promoteFrom === null || !(await this.isOpenIn(promoteFrom.environment))) return null;
    return `waits for the end of the grouped deployment in ${promoteFrom.environment}`;
  }

  /** A registry that does not answer in time changes nothing. */
  private async hasTagMoved(member: Deployment, stopping: AbortSignal): Promise<boolean> {
    const late = AbortSignal.timeout(INTERACTIVE_LOOKUP_MS);
    try {
      return await this.tags.hasMoved(member, AbortSignal.any([stopping, late]));
    } catch (error) {
      if (late.aborted && !stopping.aborted) return false;
      throw error;
    }
  }

  /** Releases the group, unless something has changed since its members were read: then nothing is done. */
  private form(
    members: readonly Deployment[],
    environment: string,
    { order, onFailure }: GroupSettings,
    now: number,
  ): Promise<void> {
    const id = newId();
    return this.storage.transaction(async (stored) => {
      const open = await stored.groupRuns.open();
      const still = await Promise.all(members.map((member) => stored.deployments.get(member.id)));
      const isAsSeen = still.every(
        (each) => each !== null && NOT_STARTED.includes(each.phase) && each.group === null,
      );
      if (!isAsSeen || open.some((each) => each.environment === environment)) return;
      const startedAt = new Date(now).toISOString();
      const begun = { direction: 'forward', startedAt, finishedAt: null } as const;
      await stored.groupRuns.insert({ id, environment, onFailure, ...begun });
      for (const member of members) {
        const group = { id, position: order.indexOf(member.service) };
        await stored.deployments.update(member.id, { group, expiresAt: null });
      }
    });
  }

  /** Those of a group that have not started. */
  private async waiting(environment: string, group: GroupSettings): Promise<Deployment[]> {
    const active = await this.storage.deployments.active();
    return active.filter(
      (each) =>
        each.environment === environment &&
        NOT_STARTED.includes(each.phase) &&
        each.group === null &&
        movesInGroup(each, group),
    );
  }

  /** The deployment that the others should have moved with and that ended before they could; null if there is none. */
  private async missed(
    environment: string,
    group: GroupSettings,
    members: readonly Deployment[],
  ): Promise<Deployment | null> {
    const absent = group.order.filter((name) => !members.some((each) => each.service === name));
    for (const name of absent) {
      const last = await this.storage.deployments.lastOf(environment, name);
      if (isMissed(last, members, group)) return last;
    }
    return null;
  }

  /** The services whose deployments wait for this one's, which has nothing to do (any more). */
  async waitingFor({ environment, name }: Service): Promise<Service[]> {
    const { group } = this.environments.environment(environment);
    if (group?.order.includes(name) !== true) return [];
    const ready = (await this.waiting(environment, group)).filter(isReady);
    return ready.map((each) => this.environments.service(environment, each.service));
  }

  private async isOpenIn(environment: string): Promise<boolean> {
    const open = await this.storage.groupRuns.open();
    return open.some((each) => each.environment === environment);
  }
}

function held(reason: string, until: string | null = null) {
  return { kind: 'wait', for: 'group', until, reason, expiresAt: null } as const;
}

function isReady({ phase, waitingFor }: Deployment): boolean {
  return phase === 'waiting' && waitingFor === 'group';
}

function stateOf({ phase, waitingFor }: Deployment): string {
  return phase === 'waiting' && waitingFor !== null ? `waits for ${waitingFor}` : `is ${phase}`;
}
