import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineClient } from '../../docker/client/engine-client.js';
import { EngineError } from '../../docker/client/engine-error.js';
import { Engines } from '../../docker/client/engines.js';
import { messageOf } from '../../domain/errors.js';
import { namesToRemove, type LocalImage } from '../../domain/deployment/image-retention.js';
import { EngineSlots } from '../locks/engine-slots.js';
import { PruneSchedule } from './prune-schedule.js';
import { PruningCounters } from './pruning-counters.js';
import { RemovableImages } from './removable-images.js';

/**
 * Removes images that no service needs any more. Invariants:
 *
 * - While an image is removed no rollout is under way on that engine and none starts, so no rollout loses an image that
 *   it has just found or pulled.
 * - Storage and engine are asked again at that moment.
 * - A removal is never forced: the engine has the last word.
 */
@Injectable()
export class ImageTidier implements BeforeApplicationShutdown {
  readonly #logger = new Logger(ImageTidier.name);
  readonly #stopping = new AbortController();
  /** Names of engines that may have images to remove. */
  readonly #due = new Set<string>();
  /** Images that the engine refused to remove, each logged once. */
  readonly #refused = new Set<string>();
  #isWorking = false;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly engines: Engines,
    private readonly slots: EngineSlots,
    private readonly removable: RemovableImages,
    private readonly schedule: PruneSchedule,
    private readonly counters: PruningCounters,
  ) {
    slots.onIdle((engine) => {
      this.tidySoon([engine]);
    });
  }

  /** Tidies every engine; an engine that does not answer is logged. Never throws. */
  async tidyAll(): Promise<void> {
    this.tidySoon(this.engines.names());
    await this.#work;
  }

  /** Waits for the removal under way. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort(new Error('the server stops'));
    await this.#work;
  }

  private tidySoon(engines: readonly string[]): void {
    for (const engine of engines) this.#due.add(engine);
    if (this.#isWorking || this.#stopping.signal.aborted) return;
    this.#isWorking = true;
    this.#work = this.tidyDue();
  }

  private async tidyDue(): Promise<void> {
    try {
      while (this.#due.size > 0) {
        await pause(this.schedule.tidyAfterMs, undefined, { signal: this.#stopping.signal });
        for (const engine of this.#due) {
          this.#due.delete(engine);
          await this.attempt(engine);
        }
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      this.#isWorking = false;
    }
  }

  private async attempt(engine: string): Promise<void> {
    try {
      await this.tidy(engine);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.counters.failures += 1;
      const msg = `cannot remove old images on ${engine}, will retry later: ${messageOf(error)}`;
      this.#logger.warn({ msg, engine, err: error });
    }
  }

  private async tidy(name: string): Promise<void> {
    // The engine may no longer be configured, for instance if a rollout outlived its configuration.
    if (!this.engines.names().includes(name)) return;
    const engine = this.engines.get(name);
    const names = this.namesOf(engine);
    const { gone, ...rest } = await this.removable.on(names);
    if (gone.size === 0) return;
    const images = await engine.images.list();
    for (const { id } of images.filter((each) => namesToRemove(each, { gone, ...rest }) !== null)) {
      this.#stopping.signal.throwIfAborted();
      // If a rollout has started, its end is the next opportunity.
      if (!(await this.slots.exclusively(names, () => this.removeOne(engine, names, id)))) return;
      await pause(this.schedule.pauseMs, undefined, { signal: this.#stopping.signal });
    }
  }

  /** Several names in the configuration may refer to the same engine. */
  private namesOf({ engine }: EngineClient): string[] {
    return this.engines
      .names()
      .filter((name) => this.engines.get(name).engine.host === engine.host);
  }

  /** @returns false if a rollout is under way after all. */
  private async removeOne(
    engine: EngineClient,
    engineNames: readonly string[],
    id: string,
  ): Promise<boolean> {
    if (await this.removable.isBusy(engineNames)) return false;
    const [removable, containers, image] = await Promise.all([
      this.removable.on(engineNames),
      engine.containers(),
      engine.images.find(id),
    ]);
    const names = image === null ? null : namesToRemove(image, removable);
    const isUsed = containers.some(({ imageId }) => imageId === id);
    if (image !== null && names !== null && !isUsed) await this.remove(engine, image, names);
    return true;
  }

  private async remove(
    engine: EngineClient,
    image: LocalImage,
    names: readonly string[],
  ): Promise<void> {
    const where = { engine: engine.engine.name, image: image.id };
    try {
      for (const name of names) await engine.images.removeName(name);
      this.counters.pruned.images += 1;
      this.#logger.log({ msg: `removed the old image ${names.join(', ')}`, ...where });
    } catch (error) {
      if (!(error instanceof EngineError) || error.statusCode !== 409) throw error;
      if (this.#refused.has(image.id)) return;
      this.#refused.add(image.id);
      this.#logger.log({ msg: `kept an old image: ${error.message}`, ...where });
    }
  }
}
