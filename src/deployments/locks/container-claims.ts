import { Injectable } from '@nestjs/common';
import { Signal } from './signal.js';

/**
 * Which deployment's rollout works on which containers of an engine, by name. Invariants:
 *
 * - A container is claimed by at most one deployment at a time.
 * - A claim for several containers gets all of them or none, and whoever waits holds nothing: no deadlock.
 * - A claim never blocks. `givenBack` does, and must not be called by a deployment that still holds a claim.
 * - What was released after a given turn is reported as `changed`: facts gathered before that turn may be stale.
 * - Claims live in this process alone and do not survive it; recovery takes them again.
 */
@Injectable()
export class ContainerClaims {
  /** The claiming deployment, by engine and container. */
  readonly #holders = new Map<string, string>();
  /** The turn at which a container was last released, by engine and container. */
  readonly #releasedAt = new Map<string, number>();
  readonly #released = new Signal();

  /** Grows by one with each release. */
  get turn(): number {
    return this.#released.count;
  }

  /**
   * Claims containers for a deployment, in addition to those that it holds.
   * @param since A turn: a container that another deployment released after it does not count as free.
   * @returns `held` if another deployment holds one of them, `changed` if one was released after `since`.
   */
  take(
    deployment: string,
    engine: string,
    names: readonly string[],
    since: number = this.turn,
  ): 'taken' | 'held' | 'changed' {
    const keys = names.map((name) => `${engine} ${name}`);
    const holders = keys.map((key) => this.#holders.get(key) ?? deployment);
    if (holders.some((holder) => holder !== deployment)) return 'held';
    const isNew = (key: string): boolean => !this.#holders.has(key);
    if (keys.some((key) => isNew(key) && (this.#releasedAt.get(key) ?? 0) > since)) {
      return 'changed';
    }
    for (const key of keys) this.#holders.set(key, deployment);
    return 'taken';
  }

  /** Releases all that a deployment holds. */
  release(deployment: string): void {
    const keys = [...this.#holders].filter(([, holder]) => holder === deployment);
    if (keys.length === 0) return;
    const turn = this.turn + 1;
    for (const [key] of keys) {
      this.#holders.delete(key);
      this.#releasedAt.set(key, turn);
    }
    this.#released.raise();
  }

  /**
   * Resolves as soon as something is released after the given turn.
   * @throws the signal's reason when it aborts.
   */
  async givenBack(signal: AbortSignal, since: number = this.turn): Promise<void> {
    await this.#released.wait(since, { abort: signal });
  }
}
