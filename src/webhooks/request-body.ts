import type { IncomingMessage } from 'node:http';
import { decodeBody, rawBody, type DecodedBody } from './raw-body.js';

/** The body of a webhook request: read at most once, and not before it is asked for. */
export class RequestBody {
  #bytes: Promise<Buffer> | null = null;

  constructor(private readonly request: IncomingMessage) {}

  /** The bytes as sent. Throws what `rawBody` throws. */
  bytes(): Promise<Buffer> {
    this.#bytes ??= rawBody(this.request);
    return this.#bytes;
  }

  /** Without its content encoding. Throws what `rawBody` and `decodeBody` throw. */
  async decoded(): Promise<DecodedBody> {
    return decodeBody(await this.bytes(), this.request.headers['content-encoding']);
  }
}
