import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Engines } from '../../docker/client/engines.js';
import { newDeployment, type Deployment } from '../../domain/deployment/deployment.js';
import { messageOf } from '../../domain/errors.js';
import { parseImageReference } from '../../domain/image/image-reference.js';
import { LABELS } from '../../domain/rollout/labels.js';
import { type RolloutIntent } from '../../domain/rollout/intent.js';
import { EnvironmentsService } from '../../environments/environments.service.js';
import { Storage } from '../../storage/storage.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { asConfigured, intentFromLabels } from './intent-from-labels.js';

/** Pause between two tries to reach an engine that is down at the start, in milliseconds. */
const RETRY_MS = 10_000;

/**
 * Finds rollouts that the engine shows and storage does not know: a storage that was restored from a
 * backup, or whose disk was full when the rollout was begun. The labels tell what was under way; a
 * deployment is made of them, and the usual way finishes it. Other instances' containers are left alone.
 */
@Injectable()
export class OrphanRecovery {
  readonly #logger = new Logger(OrphanRecovery.name);

  constructor(
    private readonly engines: Engines,
    private readonly storage: Storage,
    private readonly environments: EnvironmentsService,
    private readonly lifecycle: DeploymentLifecycle,
  ) {}

  /** Looks at every engine, as soon as it answers. @returns the services that have something to go on with. */
  async find(
    signal: AbortSignal,
    onFound: (deployment: Deployment) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      this.engines.names().map(async (name) => {
        for (;;) {
          try {
            for (const each of await this.findOn(name)) await onFound(each);
            return;
          } catch (error) {
            if (signal.aborted) return;
            this.#logger.warn(`cannot look for rollouts on ${name} yet: ${messageOf(error)}`);
            await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
          }
        }
      }),
    );
  }

  private async findOn(name: string): Promise<Deployment[]> {
    const engine = this.engines.get(name);
    const ours = await engine.containers({
      label: [`${LABELS.instance}=${this.storage.instanceId}`, `${LABELS.role}=new`],
    });
    const found: Deployment[] = [];
    for (const { id, labels } of ours) {
      if (await this.isKnown(labels[LABELS.deployment] ?? '')) continue;
      const read = await intentFromLabels(engine, id);
      if (read === null) continue;
      const service = this.environments.findService(read.environment, read.service);
      found.push(await this.adopt(service === null ? read : asConfigured(read, service)));
    }
    return found;
  }

  /** Also one that ended so long ago that it was pruned: what it left on the engine is as it was left. */
  private async isKnown(deployment: string): Promise<boolean> {
    const { deployments, history } = this.storage;
    return (
      (await deployments.get(deployment)) !== null || (await history.pruned(deployment)) !== null
    );
  }

  private async adopt(intent: RolloutIntent): Promise<Deployment> {
    const now = new Date().toISOString();
    const { deployment: id, environment, service, repository, image, digest } = intent;
    const deployment: Deployment = {
      ...newDeployment(
        {
          id,
          environment,
          service,
          image: repository,
          tag: parseImageReference(image).tag ?? 'latest',
          digest,
          pinned: true,
          trigger: { kind: 'api', by: 'recovery', delivery: null },
        },
        now,
      ),
      phase: 'running',
      waitingFor: null,
      reason: 'found on the engine; storage did not know of it',
      startedAt: now,
      previousDigest: intent.old.digest,
    };
    await this.lifecycle.change(async (changes) => {
      await changes.create(deployment, 'found on the engine alone: resumed by its labels', 'warn');
      await changes.stored.deployments.setIntent(id, intent);
    });
    return deployment;
  }
}
