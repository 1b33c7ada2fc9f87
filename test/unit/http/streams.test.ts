import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aConfiguration, SECRETS, startHttpEdge, type HttpEdge } from '../../support/http-edge.js';
import { aDeployment } from '../../support/http-fakes.js';

const OPEN =
  'server: { throttle: { api: { limit: 0 }, webhook: { limit: 0 }, failedAuth: { limit: 0 } } }';

interface Problem {
  code: string;
  errors?: { path: string; message: string }[];
}

describe('logs and streams', () => {
  let edge: HttpEdge;
  beforeAll(async () => {
    edge = await startHttpEdge(aConfiguration(OPEN));
  });
  afterAll(() => edge.close());

  it('serves the log of a deployment as pages of JSON, as text and as a stream', async () => {
    const { id } = await aDeployment(edge.storage);
    const at = new Date().toISOString();
    await edge.storage.logs.append(
      id,
      [1, 2, 3].map((each) => ({ at, level: 'info' as const, text: `line ${String(each)}` })),
    );
    const path = `/api/v1/deployments/${id}/log`;
    const first = (await edge.call('get', `${path}?limit=2`, 'viewer')).body as {
      items: object[];
      next: string;
    };
    expect(first.items).toEqual(
      [1, 2].map((seq) => ({ seq, at, level: 'info', text: `line ${String(seq)}` })),
    );
    const second = (await edge.call('get', `${path}?cursor=${first.next}`, 'viewer')).body as {
      items: object[];
      next: null;
    };
    expect([second.items.length, second.next]).toEqual([1, null]);
    const text = await edge.call('get', path, 'viewer').set('Accept', 'text/plain');
    expect(text.text).toBe([1, 2, 3].map((each) => `${at} info line ${String(each)}\n`).join(''));
    const stream = await edge
      .call('get', path, 'viewer')
      .set('Accept', 'text/event-stream')
      .buffer(true);
    expect(stream.headers['content-type']).toContain('text/event-stream');
    expect(stream.text.match(/^event: log$/gm)).toHaveLength(3);
  });

  it('follows the log until the deployment ends', async () => {
    const { id } = await aDeployment(edge.storage);
    const stream = await open(edge, `/api/v1/deployments/${id}/log?follow`, 'viewer');
    const at = new Date().toISOString();
    await edge.storage.logs.append(id, [{ at, level: 'info', text: 'while it runs' }]);
    await expect.poll(() => stream.text()).toContain('while it runs');
    await edge.storage.deployments.transition(id, { phase: 'cancelled' });
    await expect.poll(() => stream.hasEnded()).toBe(true);
  });

  it('streams changes of deployments, resumes after the last one seen, and shows no steps', async () => {
    const stream = await open(edge, '/api/v1/events', 'viewer');
    const { id } = await aDeployment(edge.storage);
    await expect.poll(() => stream.events().length).toBe(1);
    const [event] = stream.events();
    expect(event).toMatchObject({ name: 'deployment', data: { id, phase: 'waiting' } });
    expect(event?.data).not.toHaveProperty('steps');
    stream.close();
    await edge.storage.deployments.transition(id, { phase: 'cancelled' });
    const later = await open(edge, '/api/v1/events', 'viewer', {
      'Last-Event-ID': event?.id ?? '',
    });
    await expect.poll(() => later.events().length).toBe(1);
    expect(later.events()[0]).toMatchObject({ data: { id, phase: 'cancelled' } });
    later.close();
  });

  it('streams to a restricted token only what it may see', async () => {
    const stream = await open(edge, '/api/v1/events', 'staging');
    await aDeployment(edge.storage, 'production');
    const { id } = await aDeployment(edge.storage, 'staging');
    await expect.poll(() => stream.events().length).toBe(1);
    expect(stream.events()[0]).toMatchObject({ data: { id } });
    stream.close();
  });

  it('refuses an invalid event id', async () => {
    const answer = await edge.call('get', '/api/v1/events', 'viewer').set('Last-Event-ID', 'abc');
    expect([answer.status, (answer.body as Problem).code]).toEqual([400, 'invalid']);
  });

  it('ends streams when tokens may have changed', async () => {
    const stream = await open(edge, '/api/v1/events', 'viewer');
    edge.reconfigure(aConfiguration(OPEN));
    await expect.poll(() => stream.hasEnded()).toBe(true);
  });
});

interface OpenStream {
  readonly text: () => string;
  readonly events: () => { id: string; name: string; data: object }[];
  readonly hasEnded: () => boolean;
  readonly close: () => void;
}

async function open(
  edge: HttpEdge,
  path: string,
  token: keyof typeof SECRETS,
  headers: Record<string, string> = {},
): Promise<OpenStream> {
  const { port } = edge.application.getHttpServer().address() as { port: number };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      headers: {
        Accept: 'text/event-stream',
        Authorization: `Bearer ${SECRETS[token]}`,
        ...headers,
      },
    };
    get(`http://127.0.0.1:${String(port)}${path}`, options, resolve).on('error', reject);
  });
  expect(response.statusCode).toBe(200);
  let text = '';
  let hasEnded = false;
  response
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk;
    })
    .on('end', () => {
      hasEnded = true;
    })
    .on('error', () => undefined);
  const events = () =>
    text.split('\n\n').flatMap((block) => {
      const [, name = '', id = '', data = ''] =
        /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return name === '' ? [] : [{ name, id, data: JSON.parse(data) as object }];
    });
  return {
    text: () => text,
    events,
    hasEnded: () => hasEnded,
    close: () => {
      response.destroy();
    },
  };
}
