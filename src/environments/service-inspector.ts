import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { containerState } from '../docker/inspection/container-state.js';
import { EngineError } from '../docker/client/engine-error.js';
import { Engines } from '../docker/client/engines.js';
import { type ContainerInspection, nameOf } from '../docker/inspection/inspection.js';
import { runningDigest } from '../docker/inspection/running-digest.js';
import type { Service } from '../domain/settings/environment.js';
import { DeployError } from '../domain/errors.js';
import { canonicalRepository } from '../domain/image/image-reference.js';
import { writtenImage } from '../domain/image/written-image.js';
import type { ContainerState } from '../domain/rollout/container-state.js';

/** What runs, as the API shows it. A digest or tag that cannot be known is null, never guessed. */
export interface RunningView {
  readonly containerId: string;
  readonly digest: string | null;
  readonly tag: string | null;
  readonly health: ContainerState['health'];
  readonly since: string;
}

/** A service's container as its engine shows it. */
export interface InspectedService {
  readonly state: 'ok' | 'missing' | 'stopped' | 'unhealthy';
  readonly running: RunningView | null;
  /** All digests of the running image in the service's repository. */
  readonly digests: readonly string[];
}

const SERVING_TRIES = 9;
const SERVING_PAUSE_MS = 1_000;

const MISSING: InspectedService = { state: 'missing', running: null, digests: [] };

/** Inspects what a service runs now. */
@Injectable()
export class ServiceInspector {
  constructor(private readonly engines: Engines) {}

  /** @throws EngineError, DeployError `engine-unavailable` */
  async inspect(service: Service): Promise<InspectedService> {
    const engine = this.engines.get(service.engine);
    const container = await engine.container(service.container);
    // The engine also takes a name for a prefix of an id.
    if (container === null || nameOf(container) !== service.container) return MISSING;
    const state = containerState(container);
    if (state === null) return MISSING;
    if (state.status !== 'running' && state.status !== 'restarting') {
      return { state: 'stopped', running: null, digests: [] };
    }
    const image = await engine.image(container.Image);
    const { digest, all } = runningDigest(container, image, service.repository);
    const isUnhealthy = state.status === 'restarting' || state.health === 'unhealthy';
    return {
      state: isUnhealthy ? 'unhealthy' : 'ok',
      running: {
        containerId: state.id,
        digest,
        tag: runningTag(container, service),
        health: state.health,
        since: new Date(state.startedAt ?? 0).toISOString(),
      },
      digests: digest === null ? all : [digest, ...all],
    };
  }
}

/**
 * What serves if nothing was touched. An engine that answers with an error is asked again for some seconds: an error
 * must not be reported as "nothing serves".
 */
export async function servingNow(
  inspector: ServiceInspector,
  service: Service,
): Promise<'old' | 'none'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await inspector.inspect(service)).running === null ? 'none' : 'old';
    } catch (error) {
      if (!(error instanceof DeployError)) throw error;
      const mayPass = error instanceof EngineError && !error.isUnreachable;
      if (!mayPass || attempt >= SERVING_TRIES) return 'none';
      await pause(SERVING_PAUSE_MS);
    }
  }
}

/** The tag that the container was created with, by its user or by Deploy; null if it is of another repository. */
function runningTag(container: ContainerInspection, service: Service): string | null {
  const image = writtenImage(container.Config.Image ?? '');
  if (image === null || canonicalRepository(image.repository) !== service.repository) return null;
  return image.tag;
}
