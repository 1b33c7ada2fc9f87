import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import { EngineError } from '../../docker/client/engine-error.js';
import { aDeployment, aDigest } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import type { Storage } from '../../storage/storage.js';
import { DeploymentLifecycle } from '../deployment-lifecycle.js';
import { DeploymentLog } from '../deployment-log.js';
import type { DeploymentHandlers } from '../deciding/deployment-handlers.js';
import { OutcomeRecorder } from '../outcome/outcome-recorder.js';
import type { Promotions } from '../outcome/promotions.js';
import { RolloutRunner } from './rollout-runner.js';
import type { ClaimedPreparation } from './preparing/claimed-preparation.js';
import type { Rollout } from './rollout.js';
import type { InspectedService, ServiceInspector } from '../../environments/service-inspector.js';

const HOUR_MS = 3_600_000;
const GONE = new EngineError('cannot look at web: connect ENOENT', null);
const SERVICE = { environment: 'staging', name: 'web', engine: 'local', handler: null } as Service;

/** A runner whose engine never answers, a stop after the first tries, and what the engine was asked. */
async function aRunnerWithoutEngine(): Promise<{
  storage: Storage;
  runner: RolloutRunner;
  stopping: AbortController;
  asked: () => number;
}> {
  const storage = await anOpenStorage();
  const stopping = new AbortController();
  let count = 0;
  const preparation = {
    prepare: () => {
      count += 1;
      if (count === 3) stopping.abort();
      return Promise.reject(GONE);
    },
    release: () => undefined,
  } as unknown as ClaimedPreparation;
  const inspector = { inspect: () => Promise.reject(GONE) } as unknown as ServiceInspector;
  const runner = aRunner(storage, preparation, {}, inspector);
  return { storage, runner, stopping, asked: () => count };
}

async function aStarted(storage: Storage, hoursAgo: number): Promise<Deployment> {
  const startedAt = new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();
  const deployment = aDeployment({ phase: 'running', startedAt, digest: aDigest('1') });
  await storage.deployments.insert(deployment);
  return deployment;
}

/** A runner over a storage, of a rollout that was never begun. */
function aRunner(
  storage: Storage,
  preparation: ClaimedPreparation,
  rollout: Partial<Rollout>,
  inspector: ServiceInspector,
): RolloutRunner {
  const log = new DeploymentLog(storage);
  const lifecycle = new DeploymentLifecycle(storage, log);
  const promotions = { follow: () => Promise.resolve() } as unknown as Promotions;
  return new RolloutRunner(
    preparation,
    { journalled: () => Promise.resolve(null), ...rollout } as Rollout,
    {} as DeploymentHandlers,
    new OutcomeRecorder(lifecycle, promotions, inspector, log),
    log,
  );
}

describe('a rollout whose engine went away before it began', () => {
  it('waits for the engine, says so once, and is parked where the server stops', async () => {
    const { storage, runner, stopping, asked } = await aRunnerWithoutEngine();
    const deployment = await aStarted(storage, 23);
    await runner.run(deployment, SERVICE, stopping.signal);
    expect(asked()).toBe(3);
    expect((await storage.deployments.get(deployment.id))?.phase).toBe('running');
    const lines = await storage.logs.read(deployment.id, 0, 50);
    expect(lines.filter((line) => line.text.startsWith('waits for the engine'))).toHaveLength(1);
  });

  it('fails a day after it was started', async () => {
    const { storage, runner, stopping } = await aRunnerWithoutEngine();
    const deployment = await aStarted(storage, 25);
    await runner.run(deployment, SERVICE, stopping.signal);
    const ended = await storage.deployments.get(deployment.id);
    expect(ended?.phase).toBe('failed');
    expect(ended?.error?.code).toBe('engine-unavailable');
  });
});

describe('a rollout whose engine answers with an error before it began', () => {
  const REFUSED = new EngineError('cannot look at web: a fault', 503);
  const FORBIDDEN = new EngineError('cannot look at web: forbidden', 403);
  const running = { state: 'ok', running: {}, digests: [] } as unknown as InspectedService;

  it.each([
    ['goes on when it does so no more', [REFUSED, REFUSED], 3],
    ['fails when it does so again and again', [REFUSED, REFUSED, REFUSED], 3],
    ['fails at once where another try is of no use', [FORBIDDEN], 1],
  ])('%s', async (_what, errors, tries) => {
    const { runner, deployment, storage, tried } = await aRunnerWith(errors, []);
    const hasBegun = errors.length < tries;
    await runner.run(deployment, SERVICE, new AbortController().signal);
    expect(tried()).toBe(tries);
    const phase = hasBegun ? 'running' : 'failed';
    expect(await storage.deployments.get(deployment.id)).toMatchObject({ phase });
  });

  it('says that the old container serves, also where the engine tells it late', async () => {
    const { runner, deployment, storage } = await aRunnerWith([FORBIDDEN], [REFUSED, REFUSED]);
    await runner.run(deployment, SERVICE, new AbortController().signal);
    const ended = await storage.deployments.get(deployment.id);
    expect(ended).toMatchObject({ phase: 'failed', downtimeMs: 0, error: { serving: 'old' } });
  });

  /** A runner whose engine answers so to preparations, and so when it is asked who serves. */
  async function aRunnerWith(preparing: readonly Error[], looking: readonly Error[]) {
    const storage = await anOpenStorage();
    let [tried, looked] = [0, 0];
    const answer = <T>(error: Error | undefined, value: T): Promise<T> =>
      error === undefined ? Promise.resolve(value) : Promise.reject(error);
    const preparation = {
      prepare: () => answer(preparing[tried++], {}),
      release: () => undefined,
    };
    const inspector = { inspect: () => answer(looking[looked++], running) };
    const runner = aRunner(
      storage,
      preparation as unknown as ClaimedPreparation,
      { begin: () => Promise.resolve({ kind: 'parked' }) },
      inspector as unknown as ServiceInspector,
    );
    return { storage, runner, deployment: await aStarted(storage, 0), tried: () => tried };
  }
});
