import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { rawBody, RequestAborted } from './raw-body.js';

function aRequest(headers: Record<string, string> = {}): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers, complete: false }) as unknown as PassThrough &
    IncomingMessage;
}

describe('rawBody', () => {
  it('reads a body that arrives in parts', async () => {
    const request = aRequest();
    const body = rawBody(request);
    request.write('one');
    request.end('two');
    expect(await body).toEqual(Buffer.from('onetwo'));
  });

  it('waits no longer than the given time', async () => {
    const request = aRequest();
    const body = rawBody(request, 20);
    request.write('a drop');
    await expect(body).rejects.toMatchObject({ code: 'timeout' });
    expect(request.listenerCount('data')).toBe(0);
  });

  it('does not wait for a body that is declared too large', async () => {
    await expect(rawBody(aRequest({ 'content-length': '1048577' }))).rejects.toMatchObject({
      code: 'too-large',
    });
  });

  it('notices a closed connection, before and during reading', async () => {
    const gone = aRequest();
    gone.destroy();
    await expect(rawBody(gone)).rejects.toBeInstanceOf(RequestAborted);
    const going = aRequest();
    const body = rawBody(going);
    going.destroy();
    await expect(body).rejects.toBeInstanceOf(RequestAborted);
  });
});
