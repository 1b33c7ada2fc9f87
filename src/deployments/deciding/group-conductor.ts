import { Injectable } from '@nestjs/common';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { nextMove, whyDropped, type GroupRun } from '../../domain/deployment/group.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { newDeploymentOf } from '../new-deployment.js';
import type { DeploymentChanges } from '../deployment-changes.js';
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
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

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

  /**
   * The rest does not move, and what moved is rolled back, in one transaction. Another reconciler may have seen to it
   * already.
   */
  private turnBack({ id }: GroupRun): Promise<Service[]> {
    return this.lifecycle.change(async (changes) => {
      const { stored } = changes;
      const run = (await stored.groupRuns.open()).find((each) => each.id === id);
      const move = run && nextMove(run, await stored.groupRuns.deployments(id));
      if (move?.kind !== 'turn-back') return [];
      const reason = whyDropped(move.cause);
      await stored.groupRuns.turnBack(id);
      for (const each of move.cancel) await changes.cancel(each.id, reason, 'warn');
      const touched: Service[] = [];
      for (const moved of move.rollBack) {
        touched.push(...(await this.rollBack(changes, moved, reason)));
      }
      return touched;
    });
  }

  /** @returns the services in which something changed. */
  private async rollBack(
    changes: DeploymentChanges,
    moved: Deployment,
    reason: string,
  ): Promise<Service[]> {
    const service = this.environments.findService(moved.environment, moved.service);
    const back = service && (await rollbackOf(changes.stored, moved, service, reason));
    if (service === null || back === null) {
      const why = 'stays: nothing is known to go back to, or something else was begun since';
      await changes.note(moved, 'warn', `${why} (${reason})`);
      return [];
    }
    await changes.create(back, `back to ${back.digest ?? ''}: ${reason}`, 'warn');
    const withdrawal = { to: back.digest ?? '', by: back.trigger.by };
    return [service, ...(await this.promotions.withdraw(changes, service, withdrawal))];
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

/** Whether nothing else has been started in its service since. */
async function isNewest(stored: Repositories, moved: Deployment): Promise<boolean> {
  const { environment, service, id } = moved;
  const since = await stored.deployments.list({ environment, service, limit: DEPTH });
  return since.every((each) => each.id <= id || each.startedAt === null);
}

/**
 * The deployment that rolls back a service of the group: it skips supersede and approval, and does not quarantine the
 * version being left. Null if there is nothing to go back to.
 */
async function rollbackOf(
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
