import { describe, expect, it, onTestFinished } from 'vitest';
import { OutgoingCalls } from '../../src/outgoing/outgoing-calls.js';
import { FakeServer, type FakeHandler } from '../support/fake-server.js';

async function called(
  handler: FakeHandler,
  parts: { body?: string; signal?: AbortSignal; method?: 'POST' | 'GET' } = {},
) {
  const server = await FakeServer.start(handler);
  onTestFinished(() => server.close());
  const calls = new OutgoingCalls();
  onTestFinished(() => calls.onModuleDestroy());
  const { method = 'POST', body = null, signal = new AbortController().signal } = parts;
  const url = new URL(`http://${server.host}/hooks?a=1`);
  const answer = await calls.send({ method, url, headers: { 'x-a': 'b' }, body, signal });
  return { answer, requests: server.requests };
}

describe('a call to a URL of the configuration', () => {
  it('may go to a private address and sends what it is given', async () => {
    const { answer, requests } = await called(() => ({ status: 201, body: 'made' }), {
      body: '{}',
    });
    expect(answer).toEqual({ status: 201, text: 'made' });
    expect(requests).toMatchObject([
      { method: 'POST', url: '/hooks?a=1', headers: { 'x-a': 'b' }, body: '{}' },
    ]);
  });

  it('succeeds whatever the length of the answer, of which the beginning is read', async () => {
    const { answer } = await called(() => ({ status: 200, body: 'x'.repeat(1_000_000) }));
    expect(answer).toEqual({ status: 200, text: 'x'.repeat(4_096) });
  });

  it('follows no redirect', async () => {
    const { answer, requests } = await called(
      () => ({ status: 302, headers: { location: '/elsewhere' } }),
      { method: 'GET' },
    );
    expect(answer.status).toBe(302);
    expect(requests).toHaveLength(1);
  });

  it('ends with its signal', async () => {
    const reason = new Error('it took too long');
    const caller = new AbortController();
    setTimeout(() => {
      caller.abort(reason);
    }, 50);
    await expect(called(() => 'hang', { signal: caller.signal })).rejects.toBe(reason);
  });
});
