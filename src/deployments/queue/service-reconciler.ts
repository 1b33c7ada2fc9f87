import { Logger } from '@nestjs/common';
import { NOT_STARTED, UNDER_WAY, type Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { messageOf } from '../../domain/errors.js';
import { ended } from '../deciding/deployment-resolver.js';
import { WakeUp } from './wake-up.js';
import type { LaneTools } from './lane-tools.js';

/** A digest that was looked up this recently is not looked up again before the start, in milliseconds. */
const FRESH_MS = 1_000;
/** After a failure of our own a lane is looked at again after this long, in milliseconds. */
const FAILURE_PAUSE_MS = 5_000;

/**
 * Everything that happens to one service, in order: one rollout at a time, look-ups beside it, the
 * newest waiting deployment next. It holds no state that storage does not: a restart makes it anew.
 */
export class ServiceReconciler {
  readonly #logger = new Logger(ServiceReconciler.name);
  /** What is under way, by deployment id. */
  readonly #tasks = new Map<string, Promise<void>>();
  readonly #wakeUps = new Map<string, WakeUp>();
  readonly #aborts = new Map<string, AbortController>();
  readonly #resolvedAt = new Map<string, number>();
  /** Places on the engine, taken for deployments that are about to be rolled out. */
  readonly #slots = new Map<string, () => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** When the policy is asked again. */
  #holdTimer: NodeJS.Timeout | null = null;
  #turning: Promise<void> | null = null;
  #again = false;

  constructor(
    readonly environment: string,
    readonly service: string,
    private readonly tools: LaneTools,
    private readonly stopping: AbortSignal,
    /** Looks at what is to do in another service. */
    private readonly wakeOther: (service: Service) => void,
  ) {}

  /** Looks at what is to do. Calls while it looks make it look once more. */
  wake(): void {
    this.#again = true;
    this.#turning ??= this.#turn().finally(() => {
      this.#turning = null;
    });
  }

  /** There is a new reason to ask the registry for a deployment that waits for it. */
  poke(deployment: string): void {
    this.#wakeUps.get(deployment)?.poke();
  }

  /** Ends the look-up of a deployment that has ended otherwise. */
  abandon(deployment: string): void {
    this.#aborts.get(deployment)?.abort();
  }

  /** Resolves when everything that was under way has ended or is parked. */
  async settled(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#turning;
    await Promise.all(this.#tasks.values());
  }

  async #turn(): Promise<void> {
    while (this.#again && !this.stopping.aborted) {
      this.#again = false;
      try {
        await this.#look();
      } catch (error) {
        this.#logger.error({
          environment: this.environment,
          service: this.service,
          msg: `cannot go on now, tries again in ${String(FAILURE_PAUSE_MS / 1000)} s: ${messageOf(error)}`,
        });
        this.#wakeIn(FAILURE_PAUSE_MS);
      }
    }
  }

  async #look(): Promise<void> {
    const { storage, environments } = this.tools;
    const service = environments.findService(this.environment, this.service);
    await this.#conductGroup();
    const active = await storage.deployments.activeOf(this.environment, this.service);
    const underWay = active.filter((each) => UNDER_WAY.includes(each.phase));
    const notStarted = active.filter((each) => NOT_STARTED.includes(each.phase));
    for (const deployment of underWay) this.#rollOut(deployment, service);
    if (service === null) {
      for (const deployment of notStarted) await this.#cancelOrphan(deployment);
      // Its group, if any, is to hear of it.
      if (notStarted.length > 0) this.#again = true;
      return;
    }
    for (const deployment of notStarted.filter(needsResolving)) this.#resolve(deployment, service);
    const ready = notStarted.filter((each) => !needsResolving(each));
    // A newer one waits for the end of its group's last.
    const next = ready.find((each) => each.group !== null) ?? ready[0];
    if (next !== undefined && underWay.length === 0) await this.#start(next, service);
    if (active.length > 0) return;
    await this.#recheck(service);
    await this.#wakeCompanions(service);
  }

  /** Those that wait for this service's deployment, which has just come to wait for them, or is gone. */
  async #wakeCompanions(service: Service): Promise<void> {
    const ready = await this.tools.holds.groups.gathering.waitingFor(service);
    ready.filter(({ name }) => name !== this.service).forEach(this.wakeOther);
  }

  /** Does what is to be done next in the grouped deployment of its environment, of which it may be none. */
  async #conductGroup(): Promise<void> {
    const touched = await this.tools.holds.groups.conductor.conduct(this.environment);
    touched
      .filter(({ environment, name }) => environment !== this.environment || name !== this.service)
      .forEach(this.wakeOther);
  }

  /** One task per deployment at a time; when it has ended the lane looks again. */
  #run(id: string, work: () => Promise<void>): void {
    if (this.#tasks.has(id)) return;
    const task = work()
      .catch((error: unknown) => {
        if (this.stopping.aborted) return;
        this.#logger.error({ deployment: id, msg: messageOf(error), error });
        this.#wakeIn(FAILURE_PAUSE_MS);
      })
      .finally(() => {
        this.#tasks.delete(id);
      });
    this.#tasks.set(id, task);
  }

  #rollOut(deployment: Deployment, service: Service | null): void {
    this.#run(deployment.id, async () => {
      const release =
        this.#slots.get(deployment.id) ?? this.tools.gate.enterAtOnce(service?.engine ?? '');
      try {
        await this.tools.runner.run(deployment, service, this.stopping);
      } finally {
        this.#slots.delete(deployment.id);
        release();
      }
      this.#resolvedAt.delete(deployment.id);
      const { environments } = this.tools;
      environments.promotedFrom(this.environment, this.service).forEach(this.wakeOther);
      this.#wakeIn(0);
    });
  }

  #resolve(deployment: Deployment, service: Service): void {
    this.#run(deployment.id, async () => {
      const abort = new AbortController();
      const signal = AbortSignal.any([this.stopping, abort.signal]);
      const wakeUp = new WakeUp(signal);
      this.#wakeUps.set(deployment.id, wakeUp);
      this.#aborts.set(deployment.id, abort);
      try {
        const wait = (milliseconds: number): Promise<boolean> => wakeUp.wait(milliseconds);
        const { handlers } = this.tools.holds;
        if (!(await handlers.letPushGo(deployment, service, { wait, signal }))) return;
        await this.tools.resolver.resolve(deployment, service, { wait, signal });
        this.#resolvedAt.set(deployment.id, performance.now());
      } catch (error) {
        if (!abort.signal.aborted) throw error;
      } finally {
        this.#wakeUps.delete(deployment.id);
        this.#aborts.delete(deployment.id);
      }
      this.#wakeIn(0);
    });
  }

  /** Begins a deployment whose digest is known, if the tag did not move and its engine lets it in. */
  async #start(deployment: Deployment, service: Service): Promise<void> {
    if (this.#tasks.has(deployment.id)) return;
    const again = await this.tools.holds.check(deployment, service, this.stopping);
    this.#forget(this.#holdTimer);
    if (again !== 'go') {
      this.#holdTimer = this.#wakeIn(again);
      if (deployment.waitingFor !== 'group') await this.#wakeCompanions(service);
      return;
    }
    const release = await this.tools.gate.enter(deployment, service, {
      wake: () => {
        this.wake();
      },
      wakeIn: (milliseconds) => {
        this.#wakeIn(milliseconds);
      },
    });
    if (release === null) return;
    try {
      const age = performance.now() - (this.#resolvedAt.get(deployment.id) ?? -Infinity);
      if (age > FRESH_MS && (await this.tools.tags.hasMoved(deployment, this.stopping))) {
        release();
      } else {
        await this.tools.storage.deployments.update(deployment.id, {
          phase: 'running',
          startedAt: new Date().toISOString(),
          waitingFor: null,
          reason: null,
        });
        this.#slots.set(deployment.id, release);
      }
    } catch (error) {
      release();
      throw error;
    }
    this.#again = true;
  }

  async #cancelOrphan(deployment: Deployment): Promise<void> {
    this.abandon(deployment.id);
    const reason = `${this.environment}/${this.service} is no longer in the configuration`;
    await this.tools.storage.deployments.update(
      deployment.id,
      ended({ phase: 'cancelled', reason }),
    );
    await this.tools.gate.log.line(deployment, 'warn', `cancelled: ${reason}`);
  }

  /** A duplicate hook asked for one more look, now that nothing is under way. */
  async #recheck(service: Service): Promise<void> {
    const { storage } = this.tools;
    const rechecks = (await storage.rechecks.all()).filter(
      (each) => each.environment === this.environment && each.service === this.service,
    );
    for (const recheck of rechecks) {
      this.#run(`recheck ${recheck.tag}`, async () => {
        await this.tools.tags.lookOnceMore(recheck, service, this.stopping);
        this.#wakeIn(0);
      });
    }
  }

  #wakeIn(milliseconds: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.wake();
    }, milliseconds);
    this.#timers.add(timer);
    return timer;
  }

  #forget(timer: NodeJS.Timeout | null): void {
    if (timer === null) return;
    clearTimeout(timer);
    this.#timers.delete(timer);
  }
}

/** It still waits for the registry's word, or for that of a handler before the registry is asked. */
function needsResolving({ phase, waitingFor, digest }: Deployment): boolean {
  return phase === 'waiting' && (waitingFor === 'registry' || digest === null);
}
