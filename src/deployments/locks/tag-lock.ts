/**
 * One at a time per engine and tag, from "move the local tag" to "create": a container is created from
 * a tag, so nobody may move it in between.
 */
export class TagLock {
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
