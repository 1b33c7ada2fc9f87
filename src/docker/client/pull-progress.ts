import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The engine could not pull an image; the message is the engine's. */
export class PullFailedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PullFailedError';
  }
}

/**
 * Reads the progress of a pull to its end. It fails if any line has an `error`, if the stream ends without the
 * engine's final status, or if nothing arrives for `stallMs`.
 */
export async function readPullProgress(
  stream: Readable,
  options: { stallMs: number; signal: AbortSignal },
): Promise<void> {
  const stop = (error: Error): void => {
    stream.destroy(error);
  };
  let stall = setTimeout(stalled, options.stallMs);
  function stalled(): void {
    stop(new PullFailedError(`no progress for ${String(options.stallMs / 1000)} s`));
  }
  const aborted = (): void => {
    stop(new PullFailedError('interrupted'));
  };
  options.signal.addEventListener('abort', aborted);
  if (options.signal.aborted) setImmediate(aborted);
  let lastStatus = '';
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject);
      stream.once('close', resolve);
      const lines = createInterface({ input: stream, crlfDelay: Infinity });
      // It forwards the stream's errors, and an error without a listener would end the process.
      lines.on('error', reject);
      lines.on('line', (line) => {
        clearTimeout(stall);
        stall = setTimeout(stalled, options.stallMs);
        const progress = parseLine(line);
        if (progress.error !== undefined) {
          const failure = new PullFailedError(progress.error);
          reject(failure);
          stop(failure);
        }
        if (progress.status !== undefined) lastStatus = progress.status;
      });
      lines.once('close', resolve);
    });
  } finally {
    clearTimeout(stall);
    options.signal.removeEventListener('abort', aborted);
  }
  if (!/^(Status|Digest): /.test(lastStatus)) {
    throw new PullFailedError(`the engine stopped reporting at "${lastStatus}"`);
  }
}

function parseLine(line: string): { error?: string; status?: string } {
  if (line.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return {};
    const { error, status } = parsed as Record<string, unknown>;
    return {
      ...(typeof error === 'string' ? { error } : {}),
      ...(typeof status === 'string' ? { status } : {}),
    };
  } catch {
    return { error: `the engine sent an unreadable line of progress: ${line.slice(0, 200)}` };
  }
}
