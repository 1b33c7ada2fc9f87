import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownField } from '../../../src/webhooks/sources/own-field.js';
import type { Source } from '../../../src/webhooks/sources/source.js';
import { aConfiguration, SECRETS, startHttpEdge, type HttpEdge } from '../../support/http-edge.js';

const OPEN = 'server: { throttle: { webhook: { limit: 0 }, failedAuth: { limit: 0 } } }';

/** A sender that signs its bodies, as several registries do. */
const signing: Source = {
  addresses: ['name-only'],

  authenticate: async ({ secrets, headers, body }) => {
    const signature = headers['x-test-signature'];
    if (typeof signature !== 'string' || signature === '') return false;
    const bytes = await body();
    return secrets.haveSigned(signature, (secret) => signed(bytes, secret));
  },

  deliveryId: ({ headers }) => {
    const id = headers['x-test-delivery'];
    return typeof id === 'string' && id !== '' ? id : null;
  },

  read: ({ json }, { registry }) => {
    const tag = ownField(json, 'tag');
    if (typeof tag !== 'string') return { ignored: 'it has no tag' };
    return { pushes: [{ repository: `${registry}/acme/unknown`, tag, digest: null }] };
  },
};

/** A sender that may also be given the secret in its address. */
const either: Source = {
  ...signing,
  addresses: ['secret-in-path', 'name-only'],
  authenticate: ({ secrets, pathSecret, headers }) =>
    Promise.resolve(secrets.includes(pathSecret ?? headers.authorization?.slice(7) ?? '')),
};

function signed(bytes: Buffer | string, secret: string): string {
  return createHmac('sha256', secret).update(bytes).digest('hex');
}

describe('a sender that signs its deliveries', () => {
  let edge: HttpEdge;
  beforeAll(async () => {
    edge = await startHttpEdge(aConfiguration(OPEN), { source: signing, intake: 'real' });
  });
  afterAll(() => edge.close());

  async function send(body: string, headers: Record<string, string>, path = '/webhooks/hub') {
    const answer = await edge.call('post', path).set(headers).send(body);
    const { outcome, reason, code } = answer.body as Record<string, string>;
    return answer.status === 202 ? [answer.status, outcome, reason] : [answer.status, code];
  }

  const proof = (body: string, id = '', secret: string = SECRETS.hub) => ({
    'x-test-signature': signed(body, secret),
    ...(id === '' ? {} : { 'x-test-delivery': id }),
  });

  it('is accepted with a signature by either secret of a rotation', async () => {
    for (const [index, secret] of [SECRETS.hub, SECRETS.hubOld].entries()) {
      const body = JSON.stringify({ index });
      expect(await send(body, proof(body, '', secret))).toEqual([202, 'ignored', 'it has no tag']);
    }
  });

  it.each([
    ['no signature', {}],
    ['an empty signature', { 'x-test-signature': '' }],
    ['the signature of another body', proof('{"tag":"2"}')],
    ["another webhook's signature", proof('{"tag":"1"}', '', SECRETS.walled)],
    ['the secret itself', { 'x-test-signature': SECRETS.hub }],
  ])('is refused with %s', async (_, headers) => {
    expect(await send('{"tag":"1"}', headers)).toEqual([401, 'unauthorized']);
  });

  it('has no address with a secret, and an unknown name is unknown', async () => {
    const body = '{"tag":"1"}';
    const withSecret = `/webhooks/hub/${SECRETS.hub}`;
    expect(await send(body, proof(body), withSecret)).toEqual([404, 'not-found']);
    expect(await send(body, proof(body), '/webhooks/nobody')).toEqual([404, 'not-found']);
  });

  it('learns that its address is not allowed only with the right signature', async () => {
    const body = '{"tag":"1"}';
    const walled = proof(body, '', SECRETS.walled);
    expect(await send(body, walled, '/webhooks/walled')).toEqual([403, 'forbidden']);
    expect(await send(body, proof(body), '/webhooks/walled')).toEqual([401, 'unauthorized']);
  });

  it('repeats a delivery by sending its id again, whatever the bytes', async () => {
    const first = '{"tag":"first"}';
    const second = '{"tag":"second"}';
    const unknown = 'no service that this webhook may touch follows docker.io/acme/unknown';
    expect(await send(first, proof(first, 'id-1'))).toEqual([202, 'ignored', `${unknown}:first`]);
    const [status, outcome, reason] = await send(second, proof(second, 'id-1'));
    expect([status, outcome]).toEqual([202, 'duplicate']);
    expect(reason).toMatch(/^the same as delivery [0-9A-Z]{26}$/);
    expect(await send(first, proof(first, 'id-2'))).toEqual([202, 'ignored', `${unknown}:first`]);
    expect((await send('no JSON', proof('no JSON', 'id-2')))[1]).toBe('duplicate');
  });

  it('repeats a delivery without an id by sending the same bytes', async () => {
    const body = '{"tag":"again"}';
    expect((await send(body, proof(body)))[1]).toBe('ignored');
    expect((await send(body, proof(body)))[1]).toBe('duplicate');
  });
});

describe('a sender that can be given either form of address', () => {
  it('is answered 404 for a wrong secret and 401 for a wrong header', async () => {
    const edge = await startHttpEdge(aConfiguration(OPEN), { source: either });
    const status = async (path: string, authorization = '') => {
      const call = edge.call('post', path).set('Authorization', authorization);
      return (await call.send('{"tag":"1"}')).status;
    };
    expect(await status(`/webhooks/hub/${SECRETS.hub}`)).toBe(202);
    expect(await status('/webhooks/hub', `Bearer ${SECRETS.hub}`)).toBe(202);
    expect(await status('/webhooks/hub/wrong', `Bearer ${SECRETS.hub}`)).toBe(404);
    expect(await status('/webhooks/hub', 'Bearer wrong')).toBe(401);
    expect(await status('/webhooks/hub')).toBe(401);
    const kept = edge.deliveries.accepted.map(({ headers }) => JSON.stringify(headers));
    expect(kept.filter((each) => each.includes(SECRETS.hub))).toEqual([]);
    await edge.close();
  });
});
