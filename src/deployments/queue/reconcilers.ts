import { Injectable } from '@nestjs/common';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { Admission } from '../deciding/admission.js';
import { DeploymentResolver } from '../deciding/deployment-resolver.js';
import { RolloutRunner } from '../rollout/rollout-runner.js';
import { ServiceReconciler, type ReconcilerContext } from './service-reconciler.js';

/** One reconciler for each service, made when it is first needed. */
@Injectable()
export class Reconcilers {
  readonly #all = new Map<string, ServiceReconciler>();
  readonly #stopping = new AbortController();
  readonly #context: ReconcilerContext;

  constructor(
    storage: Storage,
    environments: EnvironmentsService,
    resolver: DeploymentResolver,
    admission: Admission,
    runner: RolloutRunner,
  ) {
    const { signal: stopping } = this.#stopping;
    this.#context = {
      storage,
      environments,
      resolver,
      admission,
      runner,
      stopping,
      wakeOther: ({ environment, name }) => {
        this.of(environment, name).wake();
      },
    };
  }

  /** Aborts when the server stops. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The reconciler of a service, whether the configuration names that or not. */
  of(environment: string, service: string): ServiceReconciler {
    const key = JSON.stringify([environment, service]);
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    const made = new ServiceReconciler(environment, service, this.#context);
    this.#all.set(key, made);
    return made;
  }

  /** Looks at every service that was looked at before. */
  wakeAll(): void {
    for (const each of this.#all.values()) each.wake();
  }

  /** Parks what is under way, at a moment at which the services are up. No new work is taken after that. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the server stops'));
    await Promise.all([...this.#all.values()].map((each) => each.settled()));
  }
}
