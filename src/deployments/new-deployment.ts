import { newDeployment, type Deployment } from '../domain/deployment/deployment.js';
import type { Service } from '../domain/settings/environment.js';
import { newId } from './new-id.js';

/** What is asked for, of a service. `image` defaults to the service's own. */
type Wanted = Pick<Deployment, 'tag' | 'trigger'> &
  Partial<Pick<Deployment, 'image' | 'digest' | 'reason' | 'force' | 'forceRole' | 'pinned'>>;

/** A deployment of a service that has just been asked for. `createdAt` is RFC 3339; now where it is left out. */
export function newDeploymentOf(
  { environment, name: service, repository: image, rollout: { strategy } }: Service,
  wanted: Wanted,
  createdAt = new Date().toISOString(),
): Deployment {
  return newDeployment(
    { id: newId(), environment, service, image, strategy, ...wanted },
    createdAt,
  );
}
