import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { DeployError } from '../domain/errors.js';

/** Bytes. A larger body is answered 413, whether as sent or after decompression. */
const LARGEST_BODY = 1_048_576;
/** Registries send within milliseconds; a slower client is holding the connection on purpose. */
const LONGEST_BODY_MS = 10_000;

/** A decompressed body; or, with `fault`, the bytes as sent because they could not be decompressed. */
export interface DecodedBody {
  readonly bytes: Buffer;
  readonly fault: string | null;
}

/** The connection was closed before the body was complete: no client is left to answer. */
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
 * The whole body of a request as sent, whatever its content type and encoding.
 * @throws DeployError `too-large` beyond `LARGEST_BODY`, `timeout` if it takes longer than `withinMs`;
 * RequestAborted if the sender closes the connection.
 */
export async function rawBody(
  request: IncomingMessage,
  withinMs = LONGEST_BODY_MS,
): Promise<Buffer> {
  if (request.destroyed && !request.complete) throw new RequestAborted();
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) throw tooLarge();
  return collect(request, withinMs);
}

/**
 * Undoes the content encoding of a body. `encoding`: the header as sent.
 * @throws DeployError `too-large` if it decompresses to more than `LARGEST_BODY`.
 */
export async function decodeBody(
  bytes: Buffer,
  encoding: string | undefined,
): Promise<DecodedBody> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity' || bytes.length === 0) return { bytes, fault: null };
  const decompress = Object.hasOwn(DECOMPRESS, name) ? DECOMPRESS[name] : undefined;
  if (decompress === undefined) return { bytes, fault: 'its content encoding is not supported' };
  try {
    return { bytes: await decompress(bytes, { maxOutputLength: LARGEST_BODY }), fault: null };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge();
    }
    return { bytes, fault: `it cannot be decompressed as ${name}` };
  }
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

function tooLarge(): DeployError {
  return new DeployError('too-large', `the body is larger than ${String(LARGEST_BODY)} bytes`);
}
