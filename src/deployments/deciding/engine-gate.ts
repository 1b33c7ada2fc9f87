import { Injectable } from '@nestjs/common';
import { Engines } from '../../docker/client/engines.js';
import type { Deployment } from '../../domain/deployment/deployment.js';
import { messageOf } from '../../domain/errors.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { EngineSlots } from '../locks/engine-slots.js';
import { LookupSchedule } from './digest-lookup.js';

const ENGINE_PING_MS = 2_000;
/** An engine that answered this recently is up, in milliseconds. */
const ENGINE_FRESH_MS = 500;
/** The older a waiting deployment, the more rarely its engine is asked: one step of the pauses for each of these, in milliseconds. */
const PAUSE_STEP_MS = 5_000;

/** Gives a place on an engine back. */
export type ReleaseSlot = () => void;

/** Whether a deployment may start as far as its engine is concerned. */
export type EngineAnswer =
  | { readonly kind: 'free'; readonly release: ReleaseSlot }
  /** @property inMs When to ask again; null: `wake` is called when a place is free. */
  | { readonly kind: 'wait'; readonly inMs: number | null }
  | { readonly kind: 'end' };

/** Lets deployments start when their engine answers and has a free place. */
@Injectable()
export class EngineGate {
  constructor(
    private readonly lifecycle: DeploymentLifecycle,
    private readonly engines: Engines,
    private readonly slots: EngineSlots,
    private readonly schedule: LookupSchedule,
  ) {}

  /** Asks for a place on the engine. A deployment that has to wait says so, and expires like one that waits for a registry. */
  async enter(deployment: Deployment, service: Service, wake: () => void): Promise<EngineAnswer> {
    const trouble = await this.troubleOf(service);
    if (trouble !== null) return this.hold(deployment, trouble);
    const { id } = deployment;
    if (deployment.phase === 'waiting') {
      const released = await this.lifecycle.change((changes) => changes.release(id));
      if (released === null) return { kind: 'end' };
    }
    const release = await this.slots.take(service.engine, wake);
    if (release !== null) return { kind: 'free', release };
    const reason = `the engine ${service.engine} is busy with other rollouts`;
    if (deployment.reason !== reason) {
      await this.lifecycle.change(({ stored }) => stored.deployments.update(id, { reason }));
    }
    return { kind: 'wait', inMs: null };
  }

  /** A place for a rollout that is under way already, also beyond the limit. */
  enterAtOnce(engine: string): ReleaseSlot {
    return this.slots.takeOverLimit(engine);
  }

  /** Why a deployment has to wait for its engine; null if it answers. */
  private async troubleOf(service: Service): Promise<string | null> {
    try {
      const engine = this.engines.get(service.engine);
      if (!engine.answeredWithin(ENGINE_FRESH_MS)) await engine.ping(ENGINE_PING_MS);
      return null;
    } catch (error) {
      return `waits for the engine ${service.engine}: ${messageOf(error)}`;
    }
  }

  private async hold({ id, createdAt }: Deployment, reason: string): Promise<EngineAnswer> {
    const ageMs = Date.now() - Date.parse(createdAt);
    if (ageMs > this.schedule.expiresAfterMs) {
      await this.lifecycle.change((changes) => changes.expire(id, reason, 'warn'));
      return { kind: 'end' };
    }
    await this.lifecycle.change((changes) =>
      changes.hold(id, { waitingFor: 'engine', reason }, 'warn'),
    );
    return { kind: 'wait', inMs: this.schedule.pauseMs(Math.floor(ageMs / PAUSE_STEP_MS), null) };
  }
}
