import { Injectable } from '@nestjs/common';
import { NOT_STARTED, type Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import type { ResolveControls } from './digest-lookup.js';
import { EngineGate, type ReleaseSlot } from './engine-gate.js';
import { GroupConductor } from './group-conductor.js';
import { Holds, type HoldAnswer } from './holds.js';
import { TagRecheck } from './tag-recheck.js';

/** Policies are asked again at least this often while they hold something back, in milliseconds: clocks may be set. */
const LONGEST_PAUSE_MS = 60_000;
/** A digest that was looked up this recently is not looked up again before the start, in milliseconds. */
const FRESH_MS = 1_000;

/** Whether a deployment starts. */
export type Admitted =
  /** It is `running` now. @property release Gives its place on the engine back. */
  | { readonly kind: 'start'; readonly release: ReleaseSlot }
  /** @property inMs After how many milliseconds to ask again; null: when woken. */
  | { readonly kind: 'wait'; readonly inMs: number | null }
  /** It has ended, or something has changed: look at the service again. */
  | { readonly kind: 'end' };

/** What an admission needs to know beside the deployment. */
export interface AdmissionContext {
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Called when a place on the engine is free. */
  readonly wake: () => void;
  /** When its digest was looked up, by `performance.now()`; null: not by this process. */
  readonly resolvedAt: number | null;
}

const END = { kind: 'end' } as const;

/** The only place that decides whether a deployment starts: policy, handler, group, engine, tag, in this order. */
@Injectable()
export class Admission {
  constructor(
    private readonly lifecycle: DeploymentLifecycle,
    private readonly holds: Holds,
    private readonly engines: EngineGate,
    private readonly tags: TagRecheck,
    private readonly groups: GroupConductor,
  ) {}

  /**
   * Whether a push may go on to the registry as far as its handler is concerned, for as long as that cannot say.
   * @returns false if the deployment has ended with that.
   * @throws the signal's reason when aborted; storage errors.
   */
  admitPush(deployment: Deployment, service: Service, controls: ResolveControls): Promise<boolean> {
    return this.holds.handlers.letPushGo(deployment, service, controls);
  }

  /**
   * Starts a deployment whose digest is known, or stores why not, if that is new.
   * @throws the reason of `stopping` once it aborts; storage errors.
   */
  async admit(
    deployment: Deployment,
    service: Service,
    { stopping, wake, resolvedAt }: AdmissionContext,
  ): Promise<Admitted> {
    const now = Date.now();
    const answer = await this.holds.ask(deployment, service, now, stopping);
    const held = await this.settle(deployment, answer, now);
    if (held !== 'go') return held;
    const place = await this.engines.enter(deployment, service, wake);
    if (place.kind !== 'free') return place;
    const { release } = place;
    try {
      const isFresh = resolvedAt !== null && performance.now() - resolvedAt <= FRESH_MS;
      if (isFresh || !(await this.tags.hasMoved(deployment, stopping))) {
        const started = await this.lifecycle.change((changes) => changes.start(deployment.id));
        if (started !== null) return { kind: 'start', release };
      }
    } catch (error) {
      release();
      throw error;
    }
    release();
    return END;
  }

  /** Ends a deployment that has not started and whose service is gone. */
  async dismiss({ id }: Deployment, reason: string): Promise<void> {
    await this.lifecycle.change((changes) => changes.cancel(id, reason, 'warn'));
  }

  /** A place for a rollout that is under way already, also beyond the engine's limit. */
  readmit(engine: string): ReleaseSlot {
    return this.engines.enterAtOnce(engine);
  }

  /** Advances the environment's grouped deployment, if any. @returns the services that have something to do now. */
  advanceGroup(environment: string): Promise<Service[]> {
    return this.groups.conduct(environment);
  }

  /** The services of a group that were waiting for this service, now that it is ready or has nothing to do. */
  companionsOf(service: Service): Promise<Service[]> {
    return this.holds.groups.waitingFor(service);
  }

  /** Stores what was answered. */
  private async settle(
    deployment: Deployment,
    answer: HoldAnswer,
    now: number,
  ): Promise<'go' | Admitted> {
    if (answer === 'again') return END;
    const { id } = deployment;
    return this.lifecycle.change(async (changes) => {
      // A handler takes its time: somebody may have ended the deployment meanwhile.
      const current = await changes.stored.deployments.get(id);
      if (current === null || !NOT_STARTED.includes(current.phase)) return END;
      switch (answer.kind) {
        case 'skip':
          await changes.skip(id, answer.reason);
          return END;
        case 'expire':
          await changes.expire(id, answer.reason);
          return END;
        case 'cancel':
          await changes.cancel(id, answer.reason);
          return END;
        case 'go':
          // It may wait for its engine next, which is no word of the policy.
          if (deployment.waitingFor !== null && deployment.waitingFor !== 'engine') {
            await changes.release(id);
          }
          return 'go';
        case 'wait': {
          const { for: waitingFor, reason, until: notBefore, expiresAt } = answer;
          await changes.hold(id, { waitingFor, reason, notBefore, expiresAt });
          const next = [notBefore, expiresAt].filter((each) => each !== null);
          const pauses = next.map((each) => Math.max(0, Date.parse(each) - now));
          return { kind: 'wait', inMs: Math.min(LONGEST_PAUSE_MS, ...pauses) };
        }
      }
    });
  }
}
