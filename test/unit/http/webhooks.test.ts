import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeployError } from '../../../src/domain/errors.js';
import {
  aConfiguration,
  aHubBody,
  SECRETS,
  startHttpEdge,
  type HttpEdge,
} from '../../support/http-edge.js';

const OPEN = 'server: { throttle: { webhook: { limit: 0 }, failedAuth: { limit: 0 } } }';
const HUB = `/webhooks/hub/${SECRETS.hub}`;
const LIMIT = 1_048_576;

describe('webhooks', () => {
  let edge: HttpEdge;
  beforeAll(async () => {
    edge = await startHttpEdge(aConfiguration(OPEN));
  });
  afterAll(() => edge.close());
  afterEach(() => {
    edge.deliveries.failure = null;
    edge.deliveries.accepted.length = 0;
  });

  it('accepts a push and answers with the delivery', async () => {
    const answer = await edge.call('post', HUB).send(aHubBody());
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({
      delivery: expect.stringMatching(/^[0-9A-Z]{26}$/) as string,
      outcome: 'accepted',
      reason: '',
      deployments: [],
    });
    const { delivery } = answer.body as { delivery: string };
    expect((await edge.storage.deliveries.get(delivery))?.pushes).toEqual([
      { repository: 'docker.io/acme/web', tag: 'latest', digest: null },
    ]);
  });

  it('accepts both secrets during a rotation', async () => {
    const answer = await edge.call('post', `/webhooks/hub/${SECRETS.hubOld}`).send(aHubBody());
    expect(answer.status).toBe(202);
  });

  it.each([
    ['an unknown name', `/webhooks/nobody/${SECRETS.hub}`],
    ['a wrong secret', '/webhooks/hub/wrong'],
    ["another webhook's secret", `/webhooks/hub/${SECRETS.walled}`],
    ['an empty name', `/webhooks/%20/${SECRETS.hub}`],
    ['no secret', '/webhooks/hub'],
    ['neither', '/webhooks/nobody'],
    ['a name of every object', `/webhooks/__proto__/${SECRETS.hub}`],
  ])('answers %s like every other unknown one', async (_, path) => {
    const answer = await edge.call('post', path).send(aHubBody());
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toEqual({
      type: 'urn:deploy:error:not-found',
      title: 'Not Found',
      status: 404,
      detail: 'there is nothing at this address',
      code: 'not-found',
    });
    expect(edge.deliveries.accepted).toEqual([]);
  });

  it('refuses an address outside allowFrom, but only with the right secret', async () => {
    const right = await edge.call('post', `/webhooks/walled/${SECRETS.walled}`).send(aHubBody());
    expect([right.status, (right.body as { code: string }).code]).toEqual([403, 'forbidden']);
    const wrong = await edge.call('post', '/webhooks/walled/wrong').send(aHubBody());
    expect(wrong.status).toBe(404);
  });

  it.each([
    ['nothing', ''],
    ['not JSON', 'not json'],
    ['half of a JSON document', '{"push_data":'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['null', 'null'],
    ['a list', '[1,2]'],
    ['half a million brackets', '['.repeat(500_000)],
    ['an own __proto__', '{"__proto__":{"push_data":{"tag":"latest"}}}'],
    ['a tag that is not a string', JSON.stringify(aHubBody('acme/web', { toString: 1 }))],
    ['a hostile tag', JSON.stringify(aHubBody('acme/web', 'latest; rm -rf /'))],
    ['a hostile repository', JSON.stringify(aHubBody('../../etc/passwd'))],
  ])('answers 202 to %s and ignores it with a reason', async (_, body) => {
    const answer = await edge.call('post', HUB).set('Content-Type', 'application/json').send(body);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ outcome: 'ignored', deployments: [] });
    expect((answer.body as { reason: string }).reason).not.toBe('');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/vnd.acme.v1+json', ''])(
    'reads the body whatever its content type: %s',
    async (type) => {
      const answer = await edge
        .call('post', HUB)
        .set('Content-Type', type)
        .send(JSON.stringify(aHubBody()));
      expect(answer.body).toMatchObject({ outcome: 'accepted' });
    },
  );

  it('accepts a body of exactly the limit and refuses one byte more', async () => {
    const padded = (size: number): string => JSON.stringify(aHubBody()).padEnd(size, ' ');
    const most = await edge.call('post', HUB).type('json').send(padded(LIMIT));
    expect(most.body).toMatchObject({ outcome: 'accepted' });
    const over = await edge
      .call('post', HUB)
      .type('json')
      .send(padded(LIMIT + 1));
    expect([over.status, (over.body as { code: string }).code]).toEqual([413, 'too-large']);
    expect(edge.deliveries.accepted).toHaveLength(1);
  });

  it('refuses an endless body without a declared length', async () => {
    const answer = await raw(edge, [
      `POST ${HUB} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 18 }, () => `10000\r\n${'x'.repeat(0x10000)}\r\n`),
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('decompresses bodies, but not beyond the limit', async () => {
    const small = gzipSync(JSON.stringify(aHubBody()));
    const bomb = gzipSync(Buffer.alloc(LIMIT * 20));
    const post = (body: Buffer, encoding: string) =>
      edge
        .call('post', HUB)
        .set('Content-Encoding', encoding)
        .type('json')
        .serialize((x) => x as string)
        .send(body as unknown as string);
    expect((await post(small, 'gzip')).body).toMatchObject({ outcome: 'accepted' });
    expect((await post(bomb, 'gzip')).status).toBe(413);
    expect((await post(small, 'br')).body).toMatchObject({ outcome: 'ignored' });
    expect((await post(small, 'lzma')).body).toMatchObject({ outcome: 'ignored' });
  });

  it('reads no body before the sender is known', async () => {
    // The body never arrives: an answer shows that it was not waited for.
    const head = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`;
    expect(await raw(edge, [head('/webhooks/hub/wrong')])).toMatch(/^HTTP\/1\.1 404 /);
    expect(await raw(edge, [head(`/webhooks/walled/${SECRETS.walled}`)])).toMatch(
      /^HTTP\/1\.1 403 /,
    );
  });

  it('stores nothing of a delivery whose sender disconnects half way', async () => {
    const socket = connect(port(edge), '127.0.0.1');
    socket.write(`POST ${HUB} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"push`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await expect.poll(() => edge.logged()).toContain('POST /webhooks/hub/*** aborted');
    expect(edge.deliveries.accepted).toEqual([]);
  });

  it('tells senders when to retry while storage is unavailable', async () => {
    edge.deliveries.failure = new DeployError('storage-unavailable', 'the disk is full');
    const answer = await edge.call('post', HUB).send(aHubBody());
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([
      503,
      'storage-unavailable',
    ]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('reveals nothing about an internal error', async () => {
    edge.deliveries.failure = new Error(`SELECT failed near ${SECRETS.admin}`);
    const answer = await edge.call('post', HUB).send(aHubBody());
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([500, 'internal']);
    expect(answer.text).not.toContain('SELECT');
  });

  it('keeps the headers, except for credentials and the address', async () => {
    await edge
      .call('post', HUB)
      .set({
        'User-Agent': 'Docker-Hub',
        Authorization: 'Bearer abc',
        Cookie: 'a=b',
        'X-Registry-Token': 'abc',
        'X-Hub-Signature': 'abc',
        'X-Original-URL': HUB,
        Referer: `https://deploy.example.com${HUB}`,
      })
      .send(aHubBody());
    const [{ headers } = { headers: {} }] = edge.deliveries.accepted;
    expect(headers).toMatchObject({ 'user-agent': 'Docker-Hub' });
    expect(Object.keys(headers)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/auth|cookie|token|signature|url|referer/)]),
    );
  });

  it('accepts a trailing slash and never redirects', async () => {
    const answer = await edge.call('post', `${HUB}/`).redirects(0).send(aHubBody());
    expect(answer.status).toBe(202);
  });

  it('never logs the secret, however the address is written', async () => {
    const before = edge.logged().length;
    const { hub } = SECRETS;
    const paths = [
      HUB,
      `${HUB}/more`,
      `/WEBHOOKS/hub/${hub}`,
      `//webhooks//hub//${hub}`,
      `/%77ebhooks/hub/${hub}`,
      `/api/webhooks/hub/${hub}`,
      `/webhooks/${hub}`,
      `/hooks/${hub}`,
      `/webhooks/hub/${hub}/%FF`,
      `${HUB}?secret=${hub}`,
    ];
    for (const path of paths) {
      const answer = await edge.call('post', path).send(aHubBody());
      expect(answer.text).not.toContain(hub);
      await edge.call('get', path);
    }
    edge.deliveries.failure = new Error('broken');
    await edge.call('post', HUB).send(aHubBody());
    const logged = edge.logged().slice(before);
    expect(logged).toContain('/webhooks/hub/***');
    expect(logged).not.toContain(hub);
  });
});

function port(edge: HttpEdge): number {
  return (edge.application.getHttpServer() as { address(): { port: number } }).address().port;
}

/** Sends raw bytes and returns the beginning of the answer. */
function raw(edge: HttpEdge, parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port(edge), '127.0.0.1');
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once('error', reject);
    for (const part of parts) socket.write(part);
  });
}
