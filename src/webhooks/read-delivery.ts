import type { IncomingHttpHeaders } from 'node:http';
import type { Webhook } from '../domain/settings/environment.js';
import type { DecodedBody } from './raw-body.js';
import type { ParsedBody, Source } from './sources/source.js';

/** What an authenticated delivery says. */
interface ReadDelivery {
  readonly parsed: ParsedBody;
  readonly senderDeliveryId: string | null;
}

/** A webhook together with the type of sender that it is for. */
export interface Sender {
  readonly webhook: Webhook;
  readonly source: Source;
}

/** Reads a delivery. Never throws: a body that cannot be read is ignored, with the reason. */
export function readDelivery(
  { webhook, source }: Sender,
  headers: IncomingHttpHeaders,
  body: DecodedBody,
): ReadDelivery {
  const content = contentOf(body);
  if ('fault' in content) {
    const senderDeliveryId = source.deliveryId({ headers, json: undefined });
    return { parsed: { ignored: content.fault }, senderDeliveryId };
  }
  const message = { headers, json: content.json };
  return {
    parsed: source.read(message, webhook),
    senderDeliveryId: source.deliveryId(message),
  };
}

function contentOf({ bytes, fault }: DecodedBody): { json: unknown } | { fault: string } {
  if (fault !== null) return { fault };
  if (bytes.length === 0) return { fault: 'the body is empty' };
  return parseJson(bytes);
}

function parseJson(bytes: Buffer): { json: unknown } | { fault: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return { fault: 'the body is not UTF-8' };
    throw error;
  }
  try {
    const json: unknown = JSON.parse(text);
    return { json };
  } catch (error) {
    // A RangeError: nested too deeply for the parser.
    if (error instanceof SyntaxError || error instanceof RangeError) {
      return { fault: 'the body is not JSON' };
    }
    throw error;
  }
}
