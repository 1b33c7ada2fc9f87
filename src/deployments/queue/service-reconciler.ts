import { Logger } from '@nestjs/common';
import { NOT_STARTED, UNDER_WAY, type Deployment } from '../../domain/deployment/deployment.js';
import { messageOf } from '../../domain/errors.js';
import type { Service } from '../../domain/settings/environment.js';
import type { EnvironmentsService } from '../../environments/environments.service.js';
import type { Storage } from '../../storage/storage.js';
import type { Admission } from '../deciding/admission.js';
import type { DeploymentResolver } from '../deciding/deployment-resolver.js';
import type { ReleaseSlot } from '../deciding/engine-gate.js';
import type { RolloutRunner } from '../rollout/rollout-runner.js';
import { WakeUp } from '../wake-up.js';

/** After a failure of our own a service is looked at again after this long, in milliseconds. */
const FAILURE_PAUSE_MS = 5_000;

/** What a reconciler works with. */
export interface ReconcilerContext {
  readonly storage: Storage;
  readonly environments: EnvironmentsService;
  readonly resolver: DeploymentResolver;
  readonly admission: Admission;
  readonly runner: RolloutRunner;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Looks at what is to do in another service. */
  readonly wakeOther: (service: Service) => void;
}

/**
 * Brings one service to what its deployments ask for. Invariants:
 *
 * - One rollout at a time; look-ups run beside it; the newest waiting deployment is next.
 * - One task per deployment at a time; when it has ended, the service is looked at again.
 * - It holds no state that storage does not: a restart recreates it.
 */
export class ServiceReconciler {
  readonly #logger = new Logger(ServiceReconciler.name);
  /** What is under way, by deployment id. */
  readonly #tasks = new Map<string, Promise<void>>();
  readonly #wakeUps = new Map<string, WakeUp>();
  readonly #aborts = new Map<string, AbortController>();
  /** When digests were looked up, by `performance.now()`. */
  readonly #resolvedAt = new Map<string, number>();
  /** Places on the engine, taken for deployments that are about to be rolled out. */
  readonly #slots = new Map<string, ReleaseSlot>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** When admission is asked again. */
  #holdTimer: NodeJS.Timeout | null = null;
  #reconciling: Promise<void> | null = null;
  #again = false;

  constructor(
    private readonly environment: string,
    private readonly service: string,
    private readonly context: ReconcilerContext,
  ) {}

  /** Looks at what is to do. A call while it looks makes it look once more. */
  wake(): void {
    this.#again = true;
    this.#reconciling ??= this.reconcileWhileWoken().finally(() => {
      this.#reconciling = null;
    });
  }

  /** Retries the registry now for a deployment that waits for it: there is a new reason to. */
  retryNow(deployment: string): void {
    this.#wakeUps.get(deployment)?.poke();
  }

  /** Ends the look-up of a deployment that has ended otherwise. */
  abortLookup(deployment: string): void {
    this.#aborts.get(deployment)?.abort();
  }

  /** Resolves when everything that was under way has ended or is parked. */
  async settled(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#reconciling;
    await Promise.all(this.#tasks.values());
  }

  private async reconcileWhileWoken(): Promise<void> {
    while (this.#again && !this.context.stopping.aborted) {
      this.#again = false;
      try {
        await this.reconcile();
      } catch (error) {
        const seconds = String(FAILURE_PAUSE_MS / 1000);
        this.#logger.error({
          environment: this.environment,
          service: this.service,
          msg: `cannot continue now, tries again in ${seconds} s: ${messageOf(error)}`,
        });
        this.wakeIn(FAILURE_PAUSE_MS);
      }
    }
  }

  private async reconcile(): Promise<void> {
    const { storage, environments, admission } = this.context;
    const service = environments.findService(this.environment, this.service);
    (await admission.advanceGroup(this.environment)).forEach((each) => {
      this.wakeUnlessOwn(each);
    });
    const active = await storage.deployments.activeOf(this.environment, this.service);
    const underWay = active.filter((each) => UNDER_WAY.includes(each.phase));
    const notStarted = active.filter((each) => NOT_STARTED.includes(each.phase));
    for (const deployment of underWay) this.rollOut(deployment, service);
    if (service === null) {
      await this.dismiss(notStarted);
      return;
    }
    for (const deployment of notStarted.filter(needsResolving)) this.resolve(deployment, service);
    const ready = notStarted.filter((each) => !needsResolving(each));
    // A newer one waits for the end of its group's last.
    const next = ready.find((each) => each.group !== null) ?? ready[0];
    if (next !== undefined && underWay.length === 0) await this.admit(next, service);
    if (active.length > 0) return;
    await this.recheck(service);
    await this.wakeCompanions(service);
  }

  /** One task per deployment at a time; when it has ended the service is looked at again. */
  private run(id: string, work: () => Promise<void>): void {
    if (this.#tasks.has(id)) return;
    const task = work()
      .then(
        () => {
          this.wakeIn(0);
        },
        (error: unknown) => {
          if (this.context.stopping.aborted) return;
          this.#logger.error({ deployment: id, msg: messageOf(error), error });
          this.wakeIn(FAILURE_PAUSE_MS);
        },
      )
      .finally(() => {
        this.#tasks.delete(id);
      });
    this.#tasks.set(id, task);
  }

  private rollOut(deployment: Deployment, service: Service | null): void {
    const { runner, admission, environments, stopping, wakeOther } = this.context;
    const { id } = deployment;
    this.run(id, async () => {
      const release = this.#slots.get(id) ?? admission.readmit(service?.engine ?? '');
      try {
        await runner.run(deployment, service, stopping);
      } finally {
        this.#slots.delete(id);
        release();
      }
      this.#resolvedAt.delete(id);
      environments.promotedFrom(this.environment, this.service).forEach(wakeOther);
    });
  }

  private resolve(deployment: Deployment, service: Service): void {
    const { admission, resolver, stopping } = this.context;
    const { id } = deployment;
    this.run(id, async () => {
      const abort = new AbortController();
      const signal = AbortSignal.any([stopping, abort.signal]);
      const wakeUp = new WakeUp(signal);
      this.#wakeUps.set(id, wakeUp);
      this.#aborts.set(id, abort);
      try {
        const wait = (milliseconds: number): Promise<boolean> => wakeUp.wait(milliseconds);
        if (!(await admission.admitPush(deployment, service, { wait, signal }))) return;
        await resolver.resolve(deployment, service, { wait, signal });
        this.#resolvedAt.set(id, performance.now());
      } catch (error) {
        if (!abort.signal.aborted) throw error;
      } finally {
        this.#wakeUps.delete(id);
        this.#aborts.delete(id);
      }
    });
  }

  /** Starts a deployment whose digest is known, if it is admitted. */
  private async admit(deployment: Deployment, service: Service): Promise<void> {
    const { id } = deployment;
    if (this.#tasks.has(id)) return;
    const admitted = await this.context.admission.admit(deployment, service, {
      stopping: this.context.stopping,
      resolvedAt: this.#resolvedAt.get(id) ?? null,
      wake: () => {
        this.wake();
      },
    });
    this.forget(this.#holdTimer);
    switch (admitted.kind) {
      case 'start':
        this.#slots.set(id, admitted.release);
        this.#again = true;
        return;
      case 'end':
        this.#again = true;
        return;
      case 'wait':
        if (admitted.inMs !== null) this.#holdTimer = this.wakeIn(admitted.inMs);
        // It has just come to wait for its group: that may be what the others wait for.
        if (deployment.waitingFor !== 'group') await this.wakeCompanions(service);
    }
  }

  /** Ends what has not started of a service that is no longer configured. */
  private async dismiss(notStarted: readonly Deployment[]): Promise<void> {
    const reason = `${this.environment}/${this.service} is no longer in the configuration`;
    for (const deployment of notStarted) {
      this.abortLookup(deployment.id);
      await this.context.admission.dismiss(deployment, reason);
    }
    // Its group, if any, has to learn of it.
    if (notStarted.length > 0) this.#again = true;
  }

  /** Looks once more at the tags for which a duplicate hook asked for it, now that nothing is under way. */
  private async recheck(service: Service): Promise<void> {
    const { storage, resolver, stopping } = this.context;
    const rechecks = (await storage.rechecks.all()).filter(
      (each) => each.environment === this.environment && each.service === this.service,
    );
    for (const recheck of rechecks) {
      this.run(`recheck ${recheck.tag}`, () => resolver.recheck(recheck, service, stopping));
    }
  }

  /** Wakes group members that were waiting for this service, now that it is ready (or has ended). */
  private async wakeCompanions(service: Service): Promise<void> {
    const ready = await this.context.admission.companionsOf(service);
    ready.filter(({ name }) => name !== this.service).forEach(this.context.wakeOther);
  }

  private wakeUnlessOwn(service: Service): void {
    if (service.environment === this.environment && service.name === this.service) return;
    this.context.wakeOther(service);
  }

  private wakeIn(milliseconds: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.wake();
    }, milliseconds);
    this.#timers.add(timer);
    return timer;
  }

  private forget(timer: NodeJS.Timeout | null): void {
    if (timer === null) return;
    clearTimeout(timer);
    this.#timers.delete(timer);
  }
}

/** Whether it still waits for the registry's answer, or for that of a handler before the registry is asked. */
function needsResolving({ phase, waitingFor, digest }: Deployment): boolean {
  return phase === 'waiting' && (waitingFor === 'registry' || digest === null);
}
