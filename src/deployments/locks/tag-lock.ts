/**
 * A mutex per engine and tag, held from "move the local tag" to "create": a container is created from a tag, so nothing
 * else may move the tag in between. Invariants:
 *
 * - One holder at a time per engine and tag; the others follow in the order in which they came.
 * - Other tags and other engines are never held up.
 * - It is released when the work ends, by a failure too; only the work's own caller gets that failure.
 * - Do NOT call `hold` for the same tag from within the work: it would wait for itself.
 * - It binds only this process: another program may move the tag all the same, so the created container is checked.
 */
export class TagLock {
  /** What resolves when the last in line is done, by engine and tag. */
  readonly #tails = new Map<string, Promise<void>>();

  async hold<T>(engine: string, image: string, work: () => Promise<T>): Promise<T> {
    const key = `${engine} ${image}`;
    const before = this.#tails.get(key) ?? Promise.resolve();
    let release = (): void => undefined;
    const tail = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#tails.set(key, tail);
    await before;
    try {
      return await work();
    } finally {
      release();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
