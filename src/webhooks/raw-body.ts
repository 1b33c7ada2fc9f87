import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { DeployError } from '../domain/errors.js';

/** CONTRACT section 3: a body over this many bytes is answered 413, as it came or after decompression. */
const LARGEST_BODY = 1_048_576;
/** Docker Hub and its like send in milliseconds; whoever needs longer holds a connection on purpose. */
const LONGEST_BODY_MS = 10_000;

/** A body as the sender meant it, or, with `fault`, as it came where it could not be decompressed. */
export interface DecodedBody {
  readonly bytes: Buffer;
  readonly fault: string | null;
}

/** The connection ended before its body did: there is nobody left to answer. */
export class RequestAborted extends Error {
  constructor() {
    super('the sender closed the connection before the body was complete');
    this.name = 'RequestAborted';
  }
}

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const DECOMPRESS: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/**
 * Reads the whole body of a request, whatever its content type, and undoes its content encoding.
 * @throws DeployError `too-large` beyond `LARGEST_BODY`, `timeout` where it takes longer than `withinMs`;
 * RequestAborted where the sender went away.
 */
export async function rawBody(
  request: IncomingMessage,
  withinMs = LONGEST_BODY_MS,
): Promise<DecodedBody> {
  if (request.destroyed && !request.complete) throw new RequestAborted();
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) throw tooLarge();
  return decode(await collect(request, withinMs), request.headers['content-encoding']);
}

function collect(request: IncomingMessage, withinMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      clearTimeout(deadline);
      request.off('data', take).off('end', end).off('error', abort).off('close', abort);
      finish();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
      else
        settle(() => {
          reject(tooLarge());
        });
    };
    const end = (): void => {
      settle(() => {
        resolve(Buffer.concat(chunks));
      });
    };
    const abort = (): void => {
      settle(() => {
        reject(new RequestAborted());
      });
    };
    const late = (): void => {
      settle(() => {
        reject(new DeployError('timeout', 'the body did not arrive in time'));
      });
    };
    const deadline = setTimeout(late, withinMs);
    request.on('data', take).on('end', end).on('error', abort).on('close', abort);
  });
}

async function decode(bytes: Buffer, encoding: string | undefined): Promise<DecodedBody> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity' || bytes.length === 0) return { bytes, fault: null };
  const decompress = Object.hasOwn(DECOMPRESS, name) ? DECOMPRESS[name] : undefined;
  if (decompress === undefined) return { bytes, fault: 'its content encoding is not known' };
  try {
    return { bytes: await decompress(bytes, { maxOutputLength: LARGEST_BODY }), fault: null };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge();
    }
    return { bytes, fault: `it cannot be decompressed as ${name}` };
  }
}

function tooLarge(): DeployError {
  return new DeployError('too-large', `the body is larger than ${String(LARGEST_BODY)} bytes`);
}
