import { Injectable } from '@nestjs/common';
import { Engines } from '../../docker/client/engines.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { messageOf } from '../../domain/errors.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLog } from '../deployment-log.js';
import { ended } from '../deciding/deployment-resolver.js';
import { LookupSchedule } from '../deciding/digest-lookup.js';
import { EngineSlots } from '../locks/engine-slots.js';

const ENGINE_PING_MS = 2_000;
/** An engine that answered so recently is there, in milliseconds. */
const ENGINE_FRESH_MS = 500;
/** The older a waiting deployment, the rarer its engine is asked: one step of the pauses for each of these, in milliseconds. */
const PAUSE_STEP_MS = 5_000;

/** How a deployment that is held back gets another chance. */
export interface Waker {
  readonly wake: () => void;
  readonly wakeIn: (milliseconds: number) => void;
}

/** Lets deployments start: when their engine answers, and has a free place. */
@Injectable()
export class EngineGate {
  constructor(
    private readonly storage: Storage,
    private readonly engines: Engines,
    private readonly slots: EngineSlots,
    private readonly schedule: LookupSchedule,
    readonly log: DeploymentLog,
  ) {}

  /**
   * A place on the engine, to be given back; null where the deployment has to wait (it says so then) or
   * has expired.
   */
  async enter(
    deployment: Deployment,
    service: Service,
    waker: Waker,
  ): Promise<(() => void) | null> {
    if (!(await this.isEngineThere(deployment, service, waker))) return null;
    if (deployment.phase === 'waiting') {
      const patch = { phase: 'queued', waitingFor: null, reason: null } as const;
      await this.storage.deployments.update(deployment.id, patch);
    }
    const release = await this.slots.take(service.engine, waker.wake);
    if (release !== null) return release;
    const reason = `the engine ${service.engine} is busy with other rollouts`;
    if (deployment.reason !== reason) {
      await this.storage.deployments.update(deployment.id, { reason });
    }
    return null;
  }

  /** A place for a rollout that is under way already, also beyond the limit. */
  enterAtOnce(engine: string): () => void {
    return this.slots.takeOverLimit(engine);
  }

  /** An engine that is down holds the deployment back; it expires as one that the registry holds back does. */
  private async isEngineThere(
    deployment: Deployment,
    service: Service,
    { wake, wakeIn }: Waker,
  ): Promise<boolean> {
    try {
      const engine = this.engines.get(service.engine);
      if (!engine.answeredWithin(ENGINE_FRESH_MS)) await engine.ping(ENGINE_PING_MS);
      return true;
    } catch (error) {
      const reason = `waits for the engine ${service.engine}: ${messageOf(error)}`;
      const age = Date.now() - Date.parse(deployment.createdAt);
      if (age > this.schedule.expiresAfterMs) {
        await this.storage.deployments.update(deployment.id, ended({ phase: 'expired', reason }));
        await this.log.line(deployment, 'warn', `expired: ${reason}`);
        wake();
        return false;
      }
      if (deployment.reason !== reason) {
        const patch = { phase: 'waiting', waitingFor: 'engine', reason } as const;
        await this.storage.deployments.update(deployment.id, patch);
        await this.log.line(deployment, 'warn', reason);
      }
      wakeIn(this.schedule.pauseMs(Math.floor(age / PAUSE_STEP_MS), null));
      return false;
    }
  }
}
