import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PullFailedError, readPullProgress } from './pull-progress.js';

const DIGEST = { status: `Digest: sha256:${'a'.repeat(64)}` };
const DOWNLOADED = { status: 'Status: Downloaded newer image for acme/web' };
const UP_TO_DATE = { status: 'Status: Image is up to date for acme/web' };
const PULLING = { status: 'Downloading', progressDetail: { current: 1, total: 2 }, id: 'layer' };

const LONG_MS = 60_000;

/** Reads a stream; `feed` writes to it what the engine would send. */
function reading(
  feed: (stream: PassThrough) => void,
  stallMs = LONG_MS,
  abort = new AbortController(),
) {
  const stream = new PassThrough();
  const read = readPullProgress(stream, { stallMs, signal: abort.signal });
  feed(stream);
  return read;
}

const lines = (...progress: object[]): string =>
  progress.map((each) => `${JSON.stringify(each)}\r\n`).join('');

describe('the progress of a pull', () => {
  it.each([
    ['a new image', lines(PULLING, DIGEST, DOWNLOADED)],
    ['an image that is there already', lines(DIGEST, UP_TO_DATE)],
    ['no line end after the last word', lines(PULLING, DIGEST) + JSON.stringify(DOWNLOADED)],
    ['empty lines between', `${lines(PULLING)}\r\n\r\n${lines(DIGEST, DOWNLOADED)}`],
  ])('ends well: %s', async (_what, text) => {
    const read = reading((stream) => stream.end(text));
    await expect(read).resolves.toBeUndefined();
  });

  it('may come in any pieces', async () => {
    const read = reading((stream) => {
      for (const character of lines(PULLING, DIGEST, DOWNLOADED)) stream.write(character);
      stream.end();
    });
    await expect(read).resolves.toBeUndefined();
  });

  it.each([
    ['at once', lines({ errorDetail: { message: 'm' }, error: 'manifest unknown' })],
    ['in a last line without an end', lines(DIGEST) + '{"error":"manifest unknown"}'],
    ['later', lines(PULLING, { error: 'manifest unknown' })],
    ['although it goes on', lines(PULLING, { error: 'manifest unknown' }, DIGEST, DOWNLOADED)],
  ])('fails with the message of the engine: %s', async (_when, text) => {
    const read = reading((stream) => stream.end(text));
    await expect(read).rejects.toThrow(new PullFailedError('manifest unknown'));
  });

  it('releases the stream once it has failed', async () => {
    let kept: PassThrough | null = null;
    const read = reading((stream) => {
      kept = stream;
      stream.write(lines({ error: 'manifest unknown' }, PULLING));
    });
    await expect(read).rejects.toThrow('manifest unknown');
    expect(kept).toMatchObject({ destroyed: true });
  });

  it.each([
    ['before it said anything', ''],
    ['half way', lines(PULLING)],
    ['within a line', lines(PULLING) + '{"status":'],
  ])('fails when it ends too early: %s', async (_when, text) => {
    await expect(reading((stream) => stream.end(text))).rejects.toThrow(PullFailedError);
  });

  it.each([undefined, new Error('socket hang up')])('fails when it is cut: %s', async (error) => {
    const read = reading((stream) => {
      stream.write(lines(PULLING));
      setImmediate(() => stream.destroy(error));
    });
    await expect(read).rejects.toThrow(error?.message ?? /stopped reporting at "Downloading"/);
  });

  it('fails when nothing arrives for too long', async () => {
    const read = reading((stream) => stream.write(lines(PULLING)), 50);
    await expect(read).rejects.toThrow(/^no progress for 0.05 s$/);
  });

  it('does not fail while something arrives', async () => {
    const read = reading((stream) => {
      let count = 0;
      const timer = setInterval(() => {
        stream.write(lines(PULLING));
        if (++count < 6) return;
        clearInterval(timer);
        stream.end(lines(DIGEST, DOWNLOADED));
      }, 100);
    }, 500);
    await expect(read).resolves.toBeUndefined();
  });

  it('fails on a line that cannot be read', async () => {
    const read = reading((stream) => stream.end('<html>proxy error</html>\n'));
    await expect(read).rejects.toThrow(/unreadable line of progress: <html>/);
  });

  it('can be aborted, even before it begins', async () => {
    const abort = new AbortController();
    const read = reading((stream) => stream.write(lines(PULLING)), LONG_MS, abort);
    abort.abort();
    await expect(read).rejects.toThrow('interrupted');
    await expect(reading(() => undefined, LONG_MS, abort)).rejects.toThrow('interrupted');
  });
});
