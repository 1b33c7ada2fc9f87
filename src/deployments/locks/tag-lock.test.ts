import { describe, expect, it } from 'vitest';
import { TagLock } from './tag-lock.js';

/** Work that lasts until `end` or `fail` is called, and writes to `log` when it starts. */
function work(name: string, log: string[]) {
  let [end, fail] = [(): void => undefined, (): void => undefined];
  const promise = new Promise<string>((resolve, reject) => {
    end = () => {
      resolve(name);
    };
    fail = () => {
      reject(new Error(`${name} failed`));
    };
  });
  return {
    run: (): Promise<string> => {
      log.push(name);
      return promise;
    },
    end,
    fail,
  };
}

/** Lets everything run that can run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the lock of a tag', () => {
  it('lets one in at a time, in order', async () => {
    const [lock, log] = [new TagLock(), [] as string[]];
    const [first, second, third] = [work('1', log), work('2', log), work('3', log)];
    const held = [first, second, third].map((each) => lock.hold('local', 'acme/web:1', each.run));
    await settle();
    expect(log).toEqual(['1']);
    second.end();
    await settle();
    expect(log).toEqual(['1']);
    first.end();
    await settle();
    expect(log).toEqual(['1', '2', '3']);
    third.end();
    expect(await Promise.all(held)).toEqual(['1', '2', '3']);
  });

  it.each([
    ['another tag', 'local', 'acme/web:2'],
    ['another engine', 'prod', 'acme/web:1'],
  ])('does not hold up %s', async (_what, engine, image) => {
    const [lock, log] = [new TagLock(), [] as string[]];
    const [first, second] = [work('1', log), work('2', log)];
    void lock.hold('local', 'acme/web:1', first.run);
    void lock.hold(engine, image, second.run);
    await settle();
    expect(log).toEqual(['1', '2']);
  });

  it('is free again after a failure, which only its own caller gets', async () => {
    const [lock, log] = [new TagLock(), [] as string[]];
    const [first, second] = [work('1', log), work('2', log)];
    const failing = lock.hold('local', 'acme/web:1', first.run);
    const waiting = lock.hold('local', 'acme/web:1', second.run);
    first.fail();
    await expect(failing).rejects.toThrow('1 failed');
    second.end();
    expect(await waiting).toBe('2');
  });

  it('is free for later callers', async () => {
    const [lock, log] = [new TagLock(), [] as string[]];
    for (const name of ['1', '2']) {
      const each = work(name, log);
      each.end();
      expect(await lock.hold('local', 'acme/web:1', each.run)).toBe(name);
    }
  });
});
