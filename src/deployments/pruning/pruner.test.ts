import { Logger } from '@nestjs/common';
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { aDelivery, aDeployment } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import { waitFor } from '../../../test/support/wait-for.js';
import type {
  ConfigurationListener,
  ConfigurationService,
} from '../../config/configuration.service.js';
import type { Configuration } from '../../domain/settings/configuration.js';
import { DeployError } from '../../domain/errors.js';
import type { Storage } from '../../storage/storage.js';
import type { ImageTidier } from './image-tidier.js';
import { PruneSchedule } from './prune-schedule.js';
import { Pruner } from './pruner.js';
import { PruningCounters } from './pruning-counters.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T00:00:00.000Z');

/** A pruner over a storage with one deployment and one delivery for each of `dayCount` days since the start. */
async function aPruner(dayCount: number, schedule: Partial<PruneSchedule> = {}) {
  const storage = await anOpenStorage();
  await storage.transaction(async (stored) => {
    for (let day = 0; day < dayCount; day++) {
      const at = new Date(START + day * DAY_MS).toISOString();
      const number = String(day).padStart(3, '0');
      const made = { createdAt: at, startedAt: at, finishedAt: at, phase: 'failed' } as const;
      await stored.deployments.insert(aDeployment({ id: `d${number}`, ...made }));
      const delivery = aDelivery({ id: `h${number}`, receivedAt: at, deployments: [`d${number}`] });
      await stored.deliveries.insert(delivery, { bodyHash: null, senderDeliveryId: null });
    }
  });
  const configuration = new FakeConfiguration();
  const clock = { now: START + dayCount * DAY_MS };
  const counters = new PruningCounters();
  const images = { tidyAll: vi.fn(() => Promise.resolve()) };
  const pruner = new Pruner(
    storage,
    configuration as unknown as ConfigurationService,
    images as unknown as ImageTidier,
    Object.assign(new PruneSchedule(), {
      firstAfterMs: 10,
      everyMs: 50,
      pauseMs: 1,
      now: () => clock.now,
      ...schedule,
    }),
    counters,
  );
  onTestFinished(() => pruner.beforeApplicationShutdown());
  return { storage, configuration, clock, images, counters, pruner };
}

class FakeConfiguration {
  #retentionMs = 90 * DAY_MS;
  readonly #listeners = new Set<ConfigurationListener>();

  current(): Configuration {
    return { retentionMs: this.#retentionMs } as Configuration;
  }

  onChange(listener: ConfigurationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(retentionMs: number): void {
    const previous = this.current();
    this.#retentionMs = retentionMs;
    for (const listener of this.#listeners) listener(this.current(), previous);
  }
}

const deploymentsLeft = async (storage: Storage): Promise<number> =>
  (await storage.deployments.list({ limit: 1_000 })).length;
const deliveriesLeft = async (storage: Storage): Promise<number> =>
  (await storage.deliveries.list({ limit: 1_000 })).length;

const prunedTo = (storage: Storage, count: number): Promise<number> =>
  waitFor(
    'pruning',
    () => deploymentsLeft(storage),
    (left) => left === count,
    { within: 8_000 },
  );

describe('pruning', () => {
  const errors: unknown[] = [];
  beforeEach(() => {
    errors.length = 0;
    vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    vi.spyOn(Logger.prototype, 'error').mockImplementation((entry: unknown) => {
      errors.push(entry);
    });
  });
  // Not after each: a pruner may log until its test has finished.
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it('starts shortly after the server and repeats, by its clock', async () => {
    const { storage, clock, counters, pruner } = await aPruner(100);
    pruner.onApplicationBootstrap();
    await prunedTo(storage, 90);
    clock.now += 30 * DAY_MS;
    await prunedTo(storage, 60);
    clock.now += 300 * DAY_MS;
    await prunedTo(storage, 20);
    await waitFor(
      'deliveries',
      () => deliveriesLeft(storage),
      (left) => left === 20,
    );
    expect(counters.pruned).toMatchObject({ deployments: 80, deliveries: 80 });
    expect([counters.failures, errors]).toEqual([0, []]);
  });

  it('starts at once when the retention changes', async () => {
    const { storage, configuration, pruner } = await aPruner(60, { firstAfterMs: 3_600_000 });
    pruner.onApplicationBootstrap();
    configuration.change(30 * DAY_MS);
    await prunedTo(storage, 30);
  });

  it('logs a failure and retries at the next pruning', async () => {
    const { storage, images, counters, pruner } = await aPruner(100);
    const failing = vi
      .spyOn(storage.pruning, 'deployments')
      .mockRejectedValueOnce(new DeployError('storage-unavailable', 'the disk is full'));
    pruner.onApplicationBootstrap();
    await prunedTo(storage, 90);
    expect(failing.mock.calls.length).toBeGreaterThan(1);
    expect(counters.failures).toBe(1);
    // Images are removed all the same.
    expect(images.tidyAll.mock.calls.length).toBeGreaterThan(0);
    expect(errors).toMatchObject([{ msg: expect.stringContaining('the disk is full') as unknown }]);
  });

  it('stops between two batches when the server does', async () => {
    const { storage, counters, pruner } = await aPruner(200, { pauseMs: 60_000 });
    pruner.onApplicationBootstrap();
    await prunedTo(storage, 180);
    await pruner.beforeApplicationShutdown();
    expect(await deploymentsLeft(storage)).toBe(180);
    expect([counters.failures, errors]).toEqual([0, []]);
  });

  it('stops waiting when the server stops before the first pruning', async () => {
    const { storage, pruner } = await aPruner(100, { firstAfterMs: 3_600_000 });
    pruner.onApplicationBootstrap();
    await pruner.beforeApplicationShutdown();
    expect(await deploymentsLeft(storage)).toBe(100);
  });
});
