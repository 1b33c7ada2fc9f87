import { newDeployment, type Deployment } from '../../domain/deployment/deployment.js';
import type { Repositories } from '../../storage/repositories/repositories.js';
import { newId } from '../new-id.js';

/**
 * A rollout that was undone because the engine went down under it was not the version's fault: it is
 * tried again, once, so that an engine which goes down every time does not make it go on for ever.
 */
export async function tryAgain(stored: Repositories, undone: Deployment): Promise<void> {
  const { environment, service, image, tag, digest, trigger, force, strategy } = undone;
  const { forceRole, approvals, group } = undone;
  const [before] = await stored.deployments.list({
    environment,
    service,
    before: undone.id,
    limit: 1,
  });
  if (before?.error?.code === 'interrupted' && before.digest === digest) return;
  await stored.deployments.insert(
    newDeployment(
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
    ),
  );
}
