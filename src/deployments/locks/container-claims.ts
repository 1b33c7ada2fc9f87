import { Injectable } from '@nestjs/common';

/**
 * Which rollout works on which containers of an engine, by name. Two never work on the same one. Whoever claims
 * several gets all of them or none, and holds nothing while it waits: so nobody waits for ever.
 */
@Injectable()
export class ContainerClaims {
  /** Deployments by what they hold. */
  readonly #holders = new Map<string, string>();
  /** When what was held was given back, in turns. */
  readonly #givenBack = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #turn = 0;

  /** Grows whenever something is given back. */
  get turn(): number {
    return this.#turn;
  }

  /**
   * Claims containers for a deployment, beside those that it has.
   * @param since A turn: what somebody gave back after it does not count as free, for it may be other than it was.
   * @returns `held` where another deployment has one of them, `changed` where one is other than it was.
   */
  take(
    deployment: string,
    engine: string,
    names: readonly string[],
    since: number = this.#turn,
  ): 'taken' | 'held' | 'changed' {
    const keys = names.map((name) => `${engine} ${name}`);
    const holders = keys.map((key) => this.#holders.get(key) ?? deployment);
    if (holders.some((holder) => holder !== deployment)) return 'held';
    const isNew = (key: string): boolean => !this.#holders.has(key);
    if (keys.some((key) => isNew(key) && (this.#givenBack.get(key) ?? 0) > since)) return 'changed';
    for (const key of keys) this.#holders.set(key, deployment);
    return 'taken';
  }

  /** Gives back all that a deployment has. */
  release(deployment: string): void {
    const keys = [...this.#holders].filter(([, holder]) => holder === deployment);
    if (keys.length === 0) return;
    this.#turn += 1;
    for (const [key] of keys) {
      this.#holders.delete(key);
      this.#givenBack.set(key, this.#turn);
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves when something is given back. @throws the signal's reason when it aborts. */
  async givenBack(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    signal.throwIfAborted();
  }
}
