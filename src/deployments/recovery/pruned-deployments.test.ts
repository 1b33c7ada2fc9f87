import { describe, expect, it, vi } from 'vitest';
import { aDeployment, aDigest } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import type { Engines } from '../../docker/client/engines.js';
import { LABELS } from '../../domain/rollout/labels.js';
import type { EnvironmentsService } from '../../environments/environments.service.js';
import type { Storage } from '../../storage/storage.js';
import type { DeploymentLog } from '../deployment-log.js';
import type { Promotions } from '../outcome/promotions.js';
import { RollbackService } from '../actions/rollback.service.js';
import { OrphanRecovery } from './orphan-recovery.js';
import type { ServiceInspector } from '../../environments/service-inspector.js';
import type { Reconcilers } from '../queue/reconcilers.js';
import { RollbackTargets } from '../actions/rollback-targets.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';

const WEB = { environment: 'staging', service: 'web' };
/** A lifecycle that prints nothing. */
function lifecycle(storage: Storage): DeploymentLifecycle {
  return new DeploymentLifecycle(storage, { print: () => undefined } as unknown as DeploymentLog);
}

/** A storage in which `d00`, `d01` and `d02` are pruned, of which `d01` failed. */
async function aPrunedStorage(): Promise<Storage> {
  const storage = await anOpenStorage();
  await storage.transaction(async (stored) => {
    for (let number = 0; number < 23; number++) {
      const at = new Date(Date.UTC(2026, 0, number + 1)).toISOString();
      const id = `d${String(number).padStart(2, '0')}`;
      const phase = number === 1 ? 'failed' : 'succeeded';
      const digest = aDigest(String(number));
      const made = { id, phase, digest, createdAt: at, startedAt: at, finishedAt: at } as const;
      await stored.deployments.insert(aDeployment(made));
    }
  });
  const everything = { before: '2027-01-01T00:00:00.000Z', limit: 100 };
  expect(await storage.pruning.deployments(WEB, everything)).toBe(3);
  return storage;
}

const ANNA = { name: 'anna', role: 'operator' } as const;

describe('a deployment that was pruned', () => {
  it('is none that only the engine knows of: what it left there is not touched', async () => {
    const storage = await aPrunedStorage();
    const container = vi.fn(() => Promise.resolve(null));
    const containers = ['d01', 'd22', 'unknown'].map((deployment) => ({
      id: `container of ${deployment}`,
      labels: { [LABELS.deployment]: deployment },
    }));
    const engines = {
      names: () => ['local'],
      get: () => ({ containers: () => Promise.resolve(containers), container }),
    } as unknown as Engines;
    const environments = {} as EnvironmentsService;
    const found = vi.fn();
    const recovery = new OrphanRecovery(engines, storage, environments, lifecycle(storage));
    await recovery.find(new AbortController().signal, found);
    expect(container.mock.calls).toEqual([['container of unknown']]);
    expect(found).not.toHaveBeenCalled();
  });

  it('can still be rolled back to, if it succeeded', async () => {
    const storage = await aPrunedStorage();
    const service = {
      ...WEB,
      name: 'web',
      repository: 'docker.io/acme/web',
      rollout: { strategy: 'recreate' },
    };
    const rollbacks = new RollbackService(
      { service: () => service } as unknown as EnvironmentsService,
      new RollbackTargets(storage, {
        inspect: () => Promise.resolve({ running: null, digests: [] }),
      } as unknown as ServiceInspector),
      { withdraw: () => Promise.resolve([]) } as unknown as Promotions,
      { of: () => ({ wake: () => undefined }) } as unknown as Reconcilers,
      lifecycle(storage),
    );
    const back = await rollbacks.rollback('staging', 'web', { to: 'd02' }, ANNA);
    expect(back).toMatchObject({ digest: aDigest('2'), pinned: true });
    expect(await storage.deployments.get('d02')).toBeNull();
    await expect(rollbacks.rollback('staging', 'web', { to: 'd01' }, ANNA)).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});
