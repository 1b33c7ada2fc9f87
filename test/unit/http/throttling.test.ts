import { afterEach, describe, expect, it } from 'vitest';
import {
  aConfiguration,
  aHubBody,
  SECRETS,
  startHttpEdge,
  type HttpEdge,
} from '../../support/http-edge.js';

const HUB = `/webhooks/hub/${SECRETS.hub}`;

function limits(webhook: number, api: number, failedAuth: number, per = '1m'): string {
  const limit = (count: number): string => `{ limit: ${String(count)}, per: ${per} }`;
  return aConfiguration(
    `server: { trustedProxies: [127.0.0.1/32], throttle: { webhook: ${limit(webhook)}, api: ${limit(api)}, failedAuth: ${limit(failedAuth)} } }`,
  );
}

describe('throttling', () => {
  let edge: HttpEdge;
  afterEach(() => edge.close());

  /** The statuses of `count` requests, one after another, each sent from the given address. */
  async function statuses(
    count: number,
    path: string,
    from: string,
    token?: keyof typeof SECRETS,
  ): Promise<number[]> {
    const found: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const isHook = path.startsWith('/webhooks');
      const call = edge.call(isHook ? 'post' : 'get', path, token).set('X-Forwarded-For', from);
      found.push((await (isHook ? call.send(aHubBody()) : call)).status);
    }
    return found;
  }

  it('counts webhooks per name and sender, before checking the secret', async () => {
    edge = await startHttpEdge(limits(2, 100, 0));
    expect(await statuses(3, HUB, '198.51.100.1')).toEqual([202, 202, 429]);
    expect(await statuses(3, '/webhooks/hub/wrong', '198.51.100.2')).toEqual([404, 404, 429]);
    expect(await statuses(1, HUB, '198.51.100.3')).toEqual([202]);
    expect(await statuses(1, `/webhooks/walled/${SECRETS.walled}`, '198.51.100.1')).toEqual([403]);
  });

  it('says when to retry, and accepts requests again then', async () => {
    edge = await startHttpEdge(limits(1, 100, 0, '1s'));
    await statuses(1, HUB, '198.51.100.1');
    const refused = await edge
      .call('post', HUB)
      .set('X-Forwarded-For', '198.51.100.1')
      .send(aHubBody());
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(refused.body).toMatchObject({ code: 'throttled', status: 429 });
    await new Promise((resolve) => setTimeout(resolve, 1050));
    expect(await statuses(1, HUB, '198.51.100.1')).toEqual([202]);
  });

  it('cannot be evaded by inventing webhook names', async () => {
    edge = await startHttpEdge(limits(2, 100, 0));
    const found = [];
    for (const name of ['a', 'b', 'c'])
      found.push(...(await statuses(1, `/webhooks/${name}/x`, '198.51.100.1')));
    expect(found).toEqual([404, 404, 429]);
  });

  it('refuses even the right secret after too many wrong ones, until the block ends', async () => {
    edge = await startHttpEdge(limits(0, 0, 3, '1s'));
    expect(await statuses(4, '/webhooks/hub/wrong', '198.51.100.1')).toEqual([404, 404, 404, 429]);
    expect(await statuses(1, HUB, '198.51.100.1')).toEqual([429]);
    expect(await statuses(1, HUB, '198.51.100.2')).toEqual([202]);
    expect(await statuses(1, `/webhooks/walled/${SECRETS.walled}`, '198.51.100.1')).toEqual([403]);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    expect(await statuses(1, HUB, '198.51.100.1')).toEqual([202]);
  });

  it('does not reveal by its blocks which webhooks exist', async () => {
    edge = await startHttpEdge(limits(0, 0, 2));
    await statuses(2, '/webhooks/nobody/wrong', '198.51.100.1');
    expect(await statuses(1, '/webhooks/hub/wrong', '198.51.100.1')).toEqual([429]);
    expect(await statuses(1, HUB, '198.51.100.1')).toEqual([202]);
    await statuses(2, '/webhooks/hub/wrong', '198.51.100.2');
    expect(await statuses(1, '/webhooks/nobody/wrong', '198.51.100.2')).toEqual([429]);
  });

  it('counts an IPv6 network as one sender, and IPv4 in IPv6 as IPv4', async () => {
    edge = await startHttpEdge(limits(0, 0, 2));
    await statuses(1, '/webhooks/hub/wrong', '2001:db8:1:2::1');
    await statuses(1, '/webhooks/hub/wrong', '2001:db8:1:2:ffff::2');
    expect(await statuses(1, HUB, '2001:db8:1:2::3')).toEqual([429]);
    expect(await statuses(1, HUB, '2001:db8:1:3::3')).toEqual([202]);
    await statuses(2, '/webhooks/hub/wrong', '::ffff:198.51.100.1');
    expect(await statuses(1, HUB, '198.51.100.1')).toEqual([429]);
    expect(await statuses(1, HUB, '198.51.100.2')).toEqual([202]);
  });

  it('blocks an address that guesses tokens, and no other', async () => {
    edge = await startHttpEdge(limits(0, 0, 2));
    const attempt = (token: string, from: string) =>
      edge
        .call('get', '/api/v1/environments')
        .set('Authorization', `Bearer ${token}`)
        .set('X-Forwarded-For', from);
    expect((await attempt('wrong', '198.51.100.1')).status).toBe(401);
    expect((await attempt('wrong', '198.51.100.1')).status).toBe(401);
    const blocked = await attempt(SECRETS.viewer, '198.51.100.1');
    expect(blocked.status).toBe(429);
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0);
    expect((await attempt(SECRETS.viewer, '198.51.100.2')).status).toBe(200);
    expect(await statuses(1, HUB, '198.51.100.1')).toEqual([202]);
  });

  it('does not count requests without any token as failed authentications', async () => {
    edge = await startHttpEdge(limits(0, 0, 2));
    expect(await statuses(5, '/api/v1/environments', '198.51.100.1')).toEqual([
      401, 401, 401, 401, 401,
    ]);
    expect(await statuses(1, '/api/v1/environments', '198.51.100.1', 'viewer')).toEqual([200]);
  });

  it('counts the API per token, wherever it is used, or else per address', async () => {
    edge = await startHttpEdge(limits(0, 2, 0));
    expect(await statuses(1, '/api/v1/environments', '198.51.100.1', 'viewer')).toEqual([200]);
    expect(await statuses(2, '/api/v1/deployments', '198.51.100.2', 'viewer')).toEqual([200, 429]);
    expect(await statuses(1, '/api/v1/environments', '198.51.100.2', 'operator')).toEqual([200]);
    expect(await statuses(3, '/health/live', '198.51.100.3')).toEqual([200, 200, 429]);
  });

  it('counts everything, even what does not exist', async () => {
    edge = await startHttpEdge(limits(0, 1, 0));
    const paths = ['/health/ready', '/metrics', '/api/openapi.json', '/api/docs', '/nothing/here'];
    for (const [index, path] of paths.entries()) {
      const from = `198.51.100.${String(index + 1)}`;
      const [first, second] = await statuses(2, path, from);
      expect([path, first === 429, second]).toEqual([path, false, 429]);
    }
  });

  it('applies new limits at once when the configuration is reloaded', async () => {
    edge = await startHttpEdge(limits(1, 0, 0));
    expect(await statuses(2, HUB, '198.51.100.1')).toEqual([202, 429]);
    edge.reconfigure(limits(0, 0, 0));
    expect(await statuses(2, HUB, '198.51.100.1')).toEqual([202, 202]);
  });

  it('trusts X-Forwarded-For only from trusted proxies', async () => {
    edge = await startHttpEdge(limits(1, 0, 0).replace('127.0.0.1/32', '192.0.2.0/24'));
    expect(await statuses(1, HUB, '198.51.100.1')).toEqual([202]);
    expect(await statuses(1, HUB, '198.51.100.2')).toEqual([429]);
    edge.reconfigure(limits(1, 0, 0));
    expect(await statuses(1, HUB, '198.51.100.3')).toEqual([202]);
    // What the client claims is to the left of what the proxy has seen.
    expect(await statuses(1, HUB, '203.0.113.7, 198.51.100.3')).toEqual([429]);
  });
});
