import { Logger } from '@nestjs/common';
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { aDeployment, aDigest } from '../../../test/unit/storage/samples.js';
import { anOpenStorage } from '../../../test/unit/storage/temporary-storage.js';
import { EngineError } from '../../docker/client/engine-error.js';
import type { Engines } from '../../docker/client/engines.js';
import type { Phase } from '../../domain/deployment/deployment.js';
import type { Service } from '../../domain/settings/environment.js';
import type { LocalImage } from '../../domain/deployment/image-retention.js';
import type { EnvironmentsService } from '../../environments/environments.service.js';
import type { Storage } from '../../storage/storage.js';
import { EngineSlots } from '../locks/engine-slots.js';
import { ImageTidier } from './image-tidier.js';
import { PruneSchedule } from './prune-schedule.js';
import { PruningCounters } from './pruning-counters.js';
import { RemovableImages } from './removable-images.js';

const AT = '2026-03-01T10:00:00.000Z';
const nameOf = (version: string): string => `acme/web@${aDigest(version)}`;

/** An engine that holds one image for each version. */
class FakeEngine {
  images: LocalImage[];
  readonly used = new Set<string>();
  /** What happens just before an image is checked for the last time. */
  beforeLastLook = (): Promise<void> | void => undefined;
  failure: EngineError | null = null;

  constructor(versions: readonly string[]) {
    this.images = versions.map((version) => ({
      id: `id-${version}`,
      tags: [],
      digests: [nameOf(version)],
    }));
  }

  get versions(): string[] {
    return this.images.map(({ id }) => id.replace('id-', '')).sort();
  }

  readonly client = {
    engine: { name: 'local', host: 'unix:///engine.sock' },
    containers: () => Promise.resolve([...this.used].map((imageId) => ({ imageId }))),
    images: {
      list: () => Promise.resolve(this.images),
      find: async (id: string) => {
        await this.beforeLastLook();
        return this.images.find((each) => each.id === id) ?? null;
      },
      removeName: (name: string) => {
        if (this.failure !== null) return Promise.reject(this.failure);
        this.images = this.images.filter(({ digests }) => !digests.includes(name));
        return Promise.resolve();
      },
    },
  };
}

/** Services whose deployments went from v1 to v5, on an engine that holds all of these. */
async function aTidier(services: readonly Partial<Service>[] = [{}]) {
  const storage = await anOpenStorage();
  for (const version of ['2', '3', '4', '5']) await ship(storage, version);
  const engine = new FakeEngine(['1', '2', '3', '4', '5']);
  const engines = { names: () => ['local', 'same'], get: () => engine.client };
  const configured = services.map((each) => ({
    environment: 'staging',
    name: 'web',
    engine: 'local',
    repository: 'docker.io/acme/web',
    tagRule: { kind: 'exact', tag: 'latest' },
    rollout: { keepImages: 1 },
    ...each,
  }));
  const environments = {
    all: () => [{ services: configured }],
    findService: (_environment: string, name: string) =>
      configured.find((each) => each.name === name) ?? null,
  };
  const slots = new EngineSlots();
  const counters = new PruningCounters();
  const tidier = new ImageTidier(
    engines as unknown as Engines,
    slots,
    new RemovableImages(storage, environments as unknown as EnvironmentsService),
    Object.assign(new PruneSchedule(), { tidyAfterMs: 1, pauseMs: 1 }),
    counters,
  );
  onTestFinished(() => tidier.beforeApplicationShutdown());
  return { storage, engine, slots, counters, tidier };
}

let count = 0;

async function ship(
  storage: Storage,
  version: string,
  phase: Phase = 'succeeded',
  service = 'web',
) {
  count += 1;
  const at = new Date(Date.parse(AT) + count).toISOString();
  const isOpen = phase === 'waiting' || phase === 'queued' || phase === 'running';
  await storage.deployments.insert(
    aDeployment({
      id: `d${String(count).padStart(4, '0')}`,
      service,
      phase,
      digest: aDigest(version),
      previousDigest: aDigest(String(Number(version) - 1)),
      startedAt: at,
      finishedAt: isOpen ? null : at,
    }),
  );
}

describe('old images', () => {
  const logged: { level: string; msg: string }[] = [];
  beforeEach(() => {
    logged.length = 0;
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((entry: unknown) => {
        logged.push({ level, msg: (entry as { msg: string }).msg });
      });
    }
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it('are removed, except those kept for a rollback', async () => {
    const { engine, tidier, counters } = await aTidier();
    await tidier.tidyAll();
    expect(engine.versions).toEqual(['4', '5']);
    expect(counters.pruned.images).toBe(3);
    expect(logged).toHaveLength(3);
    expect(logged[0]?.msg).toContain('removed the old image');
  });

  it('are removed when the last rollout on the engine ends', async () => {
    const { engine, slots, tidier } = await aTidier();
    const [one, two] = [slots.takeOverLimit('local'), slots.takeOverLimit('local')];
    one();
    await tidier.tidyAll();
    expect(engine.versions).toEqual(['1', '2', '3', '4', '5']);
    two();
    await vi.waitFor(() => {
      expect(engine.versions).toEqual(['4', '5']);
    });
  });

  it('stay while a rollout is under way, whichever name it has for the engine', async () => {
    const { engine, slots, tidier } = await aTidier();
    const release = slots.takeOverLimit('same');
    await tidier.tidyAll();
    expect(engine.versions).toHaveLength(5);
    release();
  });

  it('stay while storage knows of a rollout under way, even if it holds no slot', async () => {
    const { storage, engine, tidier } = await aTidier();
    await ship(storage, '6', 'running', 'not-configured');
    await tidier.tidyAll();
    expect(engine.versions).toHaveLength(5);
  });

  it.each(['waiting', 'queued'] as const)(
    'stay where a %s deployment wants them',
    async (phase) => {
      const { storage, engine, tidier } = await aTidier();
      await ship(storage, '2', phase, 'another');
      await tidier.tidyAll();
      expect(engine.versions).toEqual(['2', '4', '5']);
    },
  );

  it('stay if another service on the engine keeps them', async () => {
    const other = { name: 'api', rollout: { keepImages: 2 } } as Partial<Service>;
    const { storage, engine, tidier } = await aTidier([{}, other]);
    for (const version of ['1', '2', '3']) await ship(storage, version, 'succeeded', 'api');
    await tidier.tidyAll();
    expect(engine.versions).toEqual(['1', '2', '3', '4', '5']);
  });

  it('stay if any container uses them', async () => {
    const { engine, tidier } = await aTidier();
    engine.used.add('id-2');
    await tidier.tidyAll();
    expect(engine.versions).toEqual(['2', '4', '5']);
  });

  it('stay if a deployment needs them at the last moment', async () => {
    const { storage, engine, slots, tidier } = await aTidier();
    const waiting: Promise<unknown>[] = [];
    engine.beforeLastLook = async () => {
      if (waiting.length > 0) return;
      // It is on disk before it asks for a slot, which it gets once the image is gone.
      await ship(storage, '2', 'queued');
      waiting.push(slots.take('local', vi.fn()));
    };
    await tidier.tidyAll();
    expect(await Promise.all(waiting)).toEqual([expect.any(Function)]);
    // One was removed; then a slot was taken.
    expect(engine.versions).toEqual(['2', '3', '4', '5']);
  });

  it('that the engine refuses to remove are logged once, and retried', async () => {
    const { engine, tidier, counters } = await aTidier();
    engine.failure = new EngineError('cannot remove image: it is used', 409);
    await tidier.tidyAll();
    await tidier.tidyAll();
    expect(logged.map(({ level }) => level)).toEqual(['log', 'log', 'log']);
    expect(counters.failures).toBe(0);
    engine.failure = null;
    await tidier.tidyAll();
    expect(engine.versions).toEqual(['4', '5']);
  });

  it('on an engine that does not answer are logged, and retried', async () => {
    const { engine, tidier, counters } = await aTidier();
    engine.failure = new EngineError('cannot remove image: no answer', null);
    await tidier.tidyAll();
    // Under each of its names.
    expect(counters.failures).toBe(2);
    expect(logged[0]).toMatchObject({ level: 'warn' });
    expect(logged[0]?.msg).toContain('no answer');
    engine.failure = null;
    await tidier.tidyAll();
    expect(engine.versions).toEqual(['4', '5']);
  });

  it('stay when the server stops', async () => {
    const { engine, slots, tidier } = await aTidier();
    await tidier.beforeApplicationShutdown();
    slots.takeOverLimit('local')();
    await tidier.tidyAll();
    expect(engine.versions).toHaveLength(5);
  });
});
