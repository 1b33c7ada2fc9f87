import { newDeployment, type Deployment } from '../../domain/deployment/deployment.js';
import type { DeploymentChanges } from '../deployment-changes.js';
import { newId } from '../new-id.js';

/**
 * Tries a rollout again that was undone because the engine went down under it: that was not the version's fault. It is
 * tried once, so that an engine which goes down every time does not keep it going for ever.
 */
export async function tryAgain(changes: DeploymentChanges, undone: Deployment): Promise<void> {
  const { id, environment, service, image, tag, digest, trigger, force, strategy } = undone;
  const { forceRole, approvals, group } = undone;
  const previous = { environment, service, before: id, limit: 1 };
  const [before] = await changes.stored.deployments.list(previous);
  if (before?.error?.code === 'interrupted' && before.digest === digest) return;
  const again = newDeployment(
    {
      id: newId(),
      environment,
      service,
      image,
      tag,
      digest,
      trigger,
      force,
      forceRole,
      approvals,
      group,
      strategy,
      pinned: true,
    },
    new Date().toISOString(),
  );
  await changes.create(again, `tries ${id} again, which was interrupted`);
}
