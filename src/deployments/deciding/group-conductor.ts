import { Injectable } from '@nestjs/common';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { nextMove, whyDropped, type GroupRun } from '../../domain/deployment/group.js';
import type { PolicyDecision } from '../../domain/policy/policy.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLog } from '../deployment-log.js';
import { ended } from './deployment-resolver.js';
import { newDeploymentOf } from '../new-deployment.js';
import { Promotions } from '../outcome/promotions.js';

/** How far back it is looked for the tag of the version that a service goes back to. */
const DEPTH = 100;

/** Takes grouped deployments through their order, forward and, where one does not get through, back. */
@Injectable()
export class GroupConductor {
  constructor(
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly promotions: Promotions,
    private readonly log: DeploymentLog,
  ) {}

  /** Whether it is the turn of a deployment whose group was let go. */
  async turnOf({ id, group }: Deployment): Promise<PolicyDecision> {
    const run = (await this.storage.groupRuns.open()).find((each) => each.id === group?.id);
    if (run === undefined) return { kind: 'go' };
    const move = nextMove(run, await this.storage.groupRuns.deployments(run.id));
    if (move.kind === 'next' && move.deployment.id === id) return { kind: 'go' };
    const reason =
      move.kind === 'next'
        ? `its turn comes after ${move.deployment.service}`
        : 'its turn comes after the one of its group that is under way';
    return { kind: 'wait', for: 'group', until: null, reason, expiresAt: null };
  }

  /**
   * Does what is to be done in the grouped deployment of an environment, if one is open.
   * @returns the services in which there is something to do after that.
   */
  async conduct(environment: string): Promise<Service[]> {
    const open = await this.storage.groupRuns.open();
    const run = open.find((each) => each.environment === environment);
    if (run === undefined) return [];
    const move = nextMove(run, await this.storage.groupRuns.deployments(run.id));
    switch (move.kind) {
      case 'under-way':
        return [];
      case 'next':
        return this.named(environment, [move.deployment.service]);
      case 'turn-back':
        return [...(await this.turnBack(run)), ...(await this.conduct(environment))];
      case 'over': {
        await this.storage.groupRuns.finish(run.id, new Date().toISOString());
        return this.waitingForTheEndIn(environment);
      }
    }
  }

  /** The rest does not move, and what moved goes back, in one transaction. Another lane may have seen to it already. */
  private async turnBack({ id }: GroupRun): Promise<Service[]> {
    const { told, touched } = await this.storage.transaction(async (stored) => {
      const lines: { subject: Deployment; text: string }[] = [];
      const run = (await stored.groupRuns.open()).find((each) => each.id === id);
      const move = run && nextMove(run, await stored.groupRuns.deployments(id));
      if (move?.kind !== 'turn-back') return { told: lines, touched: [] };
      const { cause, cancel, rollBack } = move;
      const reason = whyDropped(cause);
      await stored.groupRuns.turnBack(id);
      for (const each of cancel) {
        await stored.deployments.update(each.id, ended({ phase: 'cancelled', reason }));
        lines.push({ subject: each, text: `cancelled: ${reason}` });
      }
      const woken: Service[] = [];
      for (const moved of rollBack) {
        const service = this.environments.findService(moved.environment, moved.service);
        const back = service && (await wayBack(stored, moved, service, reason));
        if (service === null || back === null) {
          const why = 'stays: nothing is known to go back to, or something else was begun since';
          lines.push({ subject: moved, text: `${why} (${reason})` });
          continue;
        }
        await stored.deployments.insert(back);
        const withdrawal = { to: back.digest ?? '', by: back.trigger.by };
        woken.push(service, ...(await this.promotions.withdraw(stored, service, withdrawal)));
        lines.push({ subject: back, text: `back to ${back.digest ?? ''}: ${reason}` });
      }
      return { told: lines, touched: woken };
    });
    for (const { subject, text } of told) await this.log.line(subject, 'warn', text);
    return touched;
  }

  private waitingForTheEndIn(environment: string): Service[] {
    const configured = this.environments.all().find(({ name }) => name === environment);
    const services = this.named(environment, configured?.group?.order ?? []);
    const targets = services.map(({ name }) => this.environments.promotedFrom(environment, name));
    return [...services, ...targets.flat()];
  }

  private named(environment: string, names: readonly string[]): Service[] {
    return names
      .map((name) => this.environments.findService(environment, name))
      .filter((service) => service !== null);
  }
}

/** Whether nobody has begun anything else in its service since. */
async function isNewest(stored: Repositories, moved: Deployment): Promise<boolean> {
  const { environment, service, id } = moved;
  const since = await stored.deployments.list({ environment, service, limit: DEPTH });
  return since.every((each) => each.id <= id || each.startedAt === null);
}

/**
 * It takes no other's place and nobody's word is needed: it begins when its turn comes. The version left is no bad one.
 * Null where there is none.
 */
async function wayBack(
  stored: Repositories,
  moved: Deployment,
  service: Service,
  reason: string,
): Promise<Deployment | null> {
  const { previousDigest: digest, group } = moved;
  if (digest === null || !(await isNewest(stored, moved))) return null;
  const good = await stored.history.succeeded(service.environment, service.name, DEPTH);
  const tag = good.find((each) => each.digest === digest)?.tag ?? moved.tag;
  const trigger = { kind: 'rollback', by: 'group', delivery: null } as const;
  const wanted = { tag, digest, pinned: true, trigger, reason };
  return { ...newDeploymentOf(service, wanted), group, phase: 'waiting', waitingFor: 'group' };
}
