import { Injectable } from '@nestjs/common';
import type { Deployment } from '../../../domain/deployment/deployment.js';
import { isAffected } from '../../../domain/rollout/dependents.js';
import type { Service } from '../../../domain/settings/environment.js';
import type { RolloutIntent } from '../../../domain/rollout/intent.js';
import { ContainerClaims } from '../../locks/container-claims.js';
import { DeploymentLog } from '../../deployment-log.js';
import { RolloutPreparation, type Prepared } from './preparation.js';

/**
 * Prepares rollouts that have their containers for themselves: the service's, and those that depend on it, which
 * may be services with rollouts of their own.
 */
@Injectable()
export class ClaimedPreparation {
  constructor(
    private readonly preparation: RolloutPreparation,
    private readonly claims: ContainerClaims,
    private readonly log: DeploymentLog,
  ) {}

  /**
   * Waits for other rollouts that work on one of the containers, and then says what a rollout would start from.
   * Everything stays claimed until {@link release}.
   * @throws what the preparation does; the signal's reason when it aborts.
   */
  async prepare(
    deployment: Deployment & { readonly digest: string },
    service: Service,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const { id } = deployment;
    for (let hasSaid = false; ;) {
      // What another rollout is in the middle of tells nothing.
      await this.claim(deployment, service.engine, [service.container], signal);
      const since = this.claims.turn;
      const prepared = await this.preparation.prepare(deployment, service);
      const claim = this.claims.take(id, service.engine, containersOf(prepared.intent), since);
      if (claim === 'taken') return prepared;
      this.claims.release(id);
      if (claim === 'changed') continue;
      const { turn } = this.claims;
      if (!hasSaid) await this.sayWaiting(deployment);
      hasSaid = true;
      // It may have been given back while that was said.
      if (this.claims.turn === turn) await this.claims.givenBack(signal);
    }
  }

  /** Claims the containers of a rollout that was begun, as soon as nobody else has one of them. */
  async takeOver(
    deployment: Deployment,
    intent: RolloutIntent,
    signal: AbortSignal,
  ): Promise<void> {
    await this.claim(deployment, intent.engine, containersOf(intent), signal);
  }

  /** Claims them at once, where nobody has one of them. */
  reserve({ deployment, engine, ...intent }: RolloutIntent): void {
    this.claims.take(deployment, engine, containersOf(intent));
  }

  /** Nothing of the deployment's rollout is done any more. */
  release(deployment: string): void {
    this.claims.release(deployment);
  }

  private async claim(
    deployment: Deployment,
    engine: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let hasSaid = false; this.claims.take(deployment.id, engine, names) !== 'taken';) {
      if (!hasSaid) await this.sayWaiting(deployment);
      hasSaid = true;
      // It may have been given back while that was said.
      if (this.claims.take(deployment.id, engine, names) === 'taken') return;
      await this.claims.givenBack(signal);
    }
  }

  private async sayWaiting(deployment: Deployment): Promise<void> {
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
