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
 * Removes images that services need no more. Invariant: while one is removed no rollout is under way on that
 * engine and none begins, so that no image is taken from a rollout that has just found or pulled it. Everything
 * is asked anew then, storage and engine; and the engine is never forced, so it has the last word.
 */
@Injectable()
export class ImageTidier implements BeforeApplicationShutdown {
  readonly #logger = new Logger(ImageTidier.name);
  readonly #stopping = new AbortController();
  /** Names of engines on which something may be left to remove. */
  readonly #due = new Set<string>();
  /** Images that the engine would not remove: told once. */
  readonly #refused = new Set<string>();
  #isWorking = false;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly engines: Engines,
    private readonly slots: EngineSlots,
    private readonly removable: RemovableImages,
    private readonly schedule: PruneSchedule,
    private readonly tally: PruningCounters,
  ) {
    slots.onIdle((engine) => {
      this.#soon([engine]);
    });
  }

  /** Tidies every engine; each that does not answer is told of in the log. Never throws. */
  async tidyAll(): Promise<void> {
    this.#soon(this.engines.names());
    await this.#work;
  }

  /** Lets the removal in hand end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort(new Error('the server stops'));
    await this.#work;
  }

  #soon(engines: readonly string[]): void {
    for (const engine of engines) this.#due.add(engine);
    if (this.#isWorking || this.#stopping.signal.aborted) return;
    this.#isWorking = true;
    this.#work = this.#tidyDue();
  }

  async #tidyDue(): Promise<void> {
    try {
      while (this.#due.size > 0) {
        await pause(this.schedule.tidyAfterMs, undefined, { signal: this.#stopping.signal });
        for (const engine of this.#due) {
          this.#due.delete(engine);
          await this.#attempt(engine);
        }
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      this.#isWorking = false;
    }
  }

  async #attempt(engine: string): Promise<void> {
    try {
      await this.tidy(engine);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.tally.failures += 1;
      const msg = `cannot remove old images on ${engine} now, tries again later: ${messageOf(error)}`;
      this.#logger.warn({ msg, engine, err: error });
    }
  }

  private async tidy(name: string): Promise<void> {
    // One that is not in the configuration any more, or that a rollout without configuration was on.
    if (!this.engines.names().includes(name)) return;
    const engine = this.engines.get(name);
    const names = this.namesOf(engine);
    const { gone, ...rest } = await this.removable.on(names);
    if (gone.size === 0) return;
    const images = await engine.images.list();
    for (const { id } of images.filter((each) => namesToRemove(each, { gone, ...rest }) !== null)) {
      this.#stopping.signal.throwIfAborted();
      // Where a rollout has begun, its end is the next occasion.
      if (!(await this.slots.exclusively(names, () => this.removeOne(engine, names, id)))) return;
      await pause(this.schedule.pauseMs, undefined, { signal: this.#stopping.signal });
    }
  }

  /** Two names in the configuration may mean one engine. */
  private namesOf({ engine }: EngineClient): string[] {
    return this.engines
      .names()
      .filter((name) => this.engines.get(name).engine.host === engine.host);
  }

  /** @returns false where a rollout is under way after all. */
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
      this.tally.pruned.images += 1;
      this.#logger.log({ msg: `removed the old image ${names.join(', ')}`, ...where });
    } catch (error) {
      if (!(error instanceof EngineError) || error.statusCode !== 409) throw error;
      if (this.#refused.has(image.id)) return;
      this.#refused.add(image.id);
      this.#logger.log({ msg: `an old image stays: ${error.message}`, ...where });
    }
  }
}
