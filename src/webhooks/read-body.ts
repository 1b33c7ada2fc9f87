import type { Webhook } from '../domain/settings/environment.js';
import { readDockerHub } from './sources/docker-hub.source.js';
import type { DecodedBody } from './raw-body.js';
import type { ParsedBody, Source } from './sources/source.js';

const SOURCES: Readonly<Record<Webhook['type'], Source>> = { 'docker-hub': readDockerHub };

/** What an authenticated body says. Never throws: a body that cannot be read is ignored, and says why. */
export function readBody(body: DecodedBody, webhook: Webhook): ParsedBody {
  if (body.fault !== null) return { ignored: body.fault };
  if (body.bytes.length === 0) return { ignored: 'the body is empty' };
  const parsed = parseJson(body.bytes);
  return 'fault' in parsed
    ? { ignored: parsed.fault }
    : SOURCES[webhook.type](parsed.value, webhook.registry);
}

function parseJson(bytes: Buffer): { value: unknown } | { fault: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return { fault: 'the body is not UTF-8' };
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch (error) {
    // A RangeError: nested so deeply that the parser gives up.
    if (error instanceof SyntaxError || error instanceof RangeError) {
      return { fault: 'the body is not JSON' };
    }
    throw error;
  }
}
