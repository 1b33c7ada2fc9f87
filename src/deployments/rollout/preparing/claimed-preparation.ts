import { Injectable } from '@nestjs/common';
import type { Deployment } from '../../../domain/deployment/deployment.js';
import { isAffected } from '../../../domain/rollout/dependents.js';
import type { Service } from '../../../domain/settings/environment.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { ContainerClaims } from '../../locks/container-claims.js';
import { DeploymentLog } from '../../deployment-log.js';
import { RolloutPreparation, type Prepared } from './preparation.js';

/**
 * Prepares rollouts that have exclusive use of their containers: the service's own, and its dependents, which may be
 * services with rollouts of their own.
 */
@Injectable()
export class ClaimedPreparation {
  constructor(
    private readonly preparation: RolloutPreparation,
    private readonly claims: ContainerClaims,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Waits for other rollouts that work on one of the containers, then prepares. The containers stay claimed until
   * {@link release}.
   * @throws what `RolloutPreparation.prepare` throws; the signal's reason when it aborts.
   */
  async prepare(
    deployment: Deployment & { readonly digest: string },
    service: Service,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const { id } = deployment;
    for (let isLogged = false; ;) {
      // A container that another rollout is replacing cannot be prepared for.
      await this.claim(deployment, service.engine, [service.container], signal);
      const since = this.claims.turn;
      const prepared = await this.preparation.prepare(deployment, service);
      const claim = this.claims.take(id, service.engine, containersOf(prepared.intent), since);
      if (claim === 'taken') return prepared;
      this.claims.release(id);
      if (claim === 'changed') continue;
      const { turn } = this.claims;
      if (!isLogged) await this.logWaiting(deployment);
      isLogged = true;
      await this.claims.givenBack(signal, turn);
    }
  }

  /** Claims the containers of a rollout that was started before, as soon as no other rollout holds one of them. */
  async takeOver(
    deployment: Deployment,
    intent: RolloutIntent,
    signal: AbortSignal,
  ): Promise<void> {
    await this.claim(deployment, intent.engine, containersOf(intent), signal);
  }

  /** Claims the containers immediately, if no other rollout holds one of them. */
  reserve({ deployment, engine, ...intent }: RolloutIntent): void {
    this.claims.take(deployment, engine, containersOf(intent));
  }

  /** To be called when the deployment's rollout does nothing more. */
  release(deployment: string): void {
    this.claims.release(deployment);
  }

  private async claim(
    deployment: Deployment,
    engine: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let isLogged = false; ;) {
      const { turn } = this.claims;
      if (this.claims.take(deployment.id, engine, names) === 'taken') return;
      if (!isLogged) await this.logWaiting(deployment);
      isLogged = true;
      await this.claims.givenBack(signal, turn);
    }
  }

  private async logWaiting(deployment: Deployment): Promise<void> {
    await this.log.append(
      deployment,
      'info',
      'waits for another rollout that works on its containers',
    );
  }
}

function containersOf({
  container,
  dependents,
}: Pick<RolloutIntent, 'container' | 'dependents'>): readonly string[] {
  return [container, ...dependents.filter(isAffected).map(({ name }) => name)];
}
