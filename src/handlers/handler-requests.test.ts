import { describe, expect, it } from 'vitest';
import type { GuardedRequest } from '../outgoing/guarded-http.js';
import { fetchForHandlers } from './handler-requests.js';
import { aRunner, decide, QUIET } from './testing/written-handler.js';

describe('requests of a handler', { timeout: 30_000 }, () => {
  const ASKS = `
    export const decide = async ({ url, options }, api) => {
      const answer = await api.fetch(url, options);
      return api.skip(JSON.stringify([answer.status, answer.ok, answer.headers.get('X-Left'), await answer.json()]));
    };
  `;

  it('are sent by the server', async () => {
    const sent: GuardedRequest[] = [];
    const fetch = fetchForHandlers(
      {
        request: (request) => {
          sent.push(request);
          return Promise.resolve({
            status: 201,
            headers: { 'x-left': ['3', '4'] },
            body: Buffer.from('{"jobs":3}'),
          });
        },
      },
      () => ['queue.lan:15672'],
    );
    const runner = aRunner(ASKS, fetch);
    const url = 'http://queue.lan:15672/api?x=1';
    const options = { method: 'put', headers: { accept: 'application/json' }, body: 'é' };
    expect(await decide(runner, { url, options })).toEqual({
      kind: 'skip',
      reason: '[201,true,"3, 4",{"jobs":3}]',
    });
    await decide(runner, { url: 'https://example.com/' });
    expect(sent).toMatchObject([
      { method: 'PUT', headers: { accept: 'application/json' }, body: 'é', reach: 'any' },
      { method: 'GET', reach: 'public', verifyCertificate: true, maximumBytes: 1_048_576 },
    ]);
    expect(sent[0]?.url.href).toBe(url);
  });

  it.each<[object, string]>([
    [{ url: 'nonsense' }, 'api.fetch: nonsense is not a URL'],
    [{ url: 'http://a.example/', options: { body: {} } }, 'the body must be a string'],
    [{ url: 'ftp://a.example/' }, 'ftp: is neither http: nor https:'],
    [{ url: 'https://u:p@a.example/' }, 'must not contain a user name'],
    [{ url: 'https://a.example/', options: { method: 'TRACE' } }, 'TRACE is not one of GET'],
    [{ url: 'https://a.example/', options: { body: 'x'.repeat(1_048_577) } }, 'at most 1048576'],
    [{ url: 'https://a.example/' }, 'no server is there'],
  ])('that cannot be sent throw at the call: %#', async (subject, said) => {
    const fetch = fetchForHandlers(
      { request: () => Promise.reject(new Error('no server is there')) },
      () => [],
    );
    const failure = await decide(aRunner(ASKS, fetch), subject).catch((error: unknown) => error);
    expect((failure as Error).message).toContain(said);
    expect((failure as Error).message).toMatch(/\(web\.mjs:3:32\)$/);
  });

  it('end with the process that asked', async () => {
    let reason: unknown = null;
    const runner = aRunner(ASKS, (_asked, signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(new Error('aborted'));
        });
      });
    });
    const call = runner.call('decide', { url: 'https://a.example/' }, 1_000, QUIET);
    await expect(call).rejects.toThrow('was stopped');
    expect(String(reason)).toContain('did not end within');
  });
});
