import { describe, expect, it } from 'vitest';
import {
  INDEX_DIGEST,
  RegistryWorld,
  aRegistry,
  aRegistryLogin,
  basic,
  failureOf,
  isTokenRequest,
  lookUpAsLoopback,
  untilDone,
} from '../support/fake-registry.js';
import type { FakeAnswer } from '../support/fake-server.js';
import { aTokenRegistry, TOKEN } from '../support/token-registry.js';

const world = RegistryWorld.forEachTest();

const PASSWORD = 'canary-password-0001';
const IDENTITY = 'canary-identity-0002';

describe('the token service', () => {
  async function failWith(token: FakeAnswer) {
    const server = await world.server(aTokenRegistry({ token: () => token }));
    const { client } = world.registries({ registries: [aRegistryLogin(server.host, PASSWORD)] });
    return failureOf(client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone()));
  }

  it.each([400, 401, 403])('refusing with %i is registry-auth', async (status) => {
    expect(await failWith({ status })).toMatchObject({ code: 'registry-auth' });
  });

  it.each([429, 500])('answering %i is registry-unavailable, with its pause', async (status) => {
    expect(await failWith({ status, headers: { 'retry-after': '9' } })).toMatchObject({
      code: 'registry-unavailable',
      retryAfterMs: 9000,
    });
  });

  it.each([
    '{"token":"abc',
    '{}',
    '[]',
    '"abc"',
    '{"token":""}',
    '{"token":7}',
    '{"token":"a\\r\\nX-Injected: 1"}',
  ])('answering %j is registry-protocol', async (body) => {
    expect(await failWith({ status: 200, body })).toMatchObject({ code: 'registry-protocol' });
  });

  it.each([404, 302, 204])('answering %i is registry-protocol', async (status) => {
    expect(await failWith({ status })).toMatchObject({ code: 'registry-protocol' });
  });

  it('closing the connection is registry-unavailable', async () => {
    expect(await failWith('cut')).toMatchObject({ code: 'registry-unavailable' });
  });
});

describe('the allowed place of a token service', () => {
  /** Looks up at a registry on 127.0.0.1 whose token service is at `realm`. */
  async function lookUpWithRealm(realm: string, registries: readonly string[] = []) {
    const server = await world.server(aTokenRegistry({ challenge: `Bearer realm="${realm}"` }));
    const { client } = world.registries({ registries: registries.map((host) => aRegistry(host)) });
    return client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
  }

  it.each([
    'http://127.0.0.2:1/token',
    'https://10.0.0.1/token',
    'https://169.254.169.254/token',
    'https://[::ffff:10.0.0.1]/token',
    'https://[fd00::1]/token',
    'http://2130706434/token',
  ])('not at the private address %s', async (realm) => {
    const failure = await failureOf(lookUpWithRealm(realm));
    expect(failure).toMatchObject({ code: 'registry-protocol' });
    expect(failure.message).toMatch(/private address|plain http is not allowed/);
  });

  it('not at a name that has a private address', async () => {
    const service = await world.server(() => ({ status: 200 }), { tls: true });
    const server = await world.server(
      aTokenRegistry({
        challenge: `Bearer realm="https://auth.example.test:${service.port}/token"`,
      }),
    );
    const { client } = world.registries({ http: { lookup: lookUpAsLoopback } });
    const failure = await failureOf(
      client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone()),
    );
    expect(failure).toMatchObject({ code: 'registry-protocol' });
    expect(failure.message).toMatch(/private address/);
    expect(service.log).toEqual([]);
  });

  it('at a configured private address, for a registry that is private itself', async () => {
    const service = await world.server(
      () => ({ status: 200, body: JSON.stringify({ token: TOKEN }) }),
      { address: '127.0.0.2' },
    );
    const found = await lookUpWithRealm(`http://${service.host}/token`, [service.host]);
    expect(found.digest).toBe(INDEX_DIGEST);
  });

  it('on another port of the registry itself', async () => {
    const service = await world.server(() => ({
      status: 200,
      body: JSON.stringify({ token: TOKEN }),
    }));
    expect((await lookUpWithRealm(`http://${service.host}/token`)).digest).toBe(INDEX_DIGEST);
  });

  it.each(['file:///etc/passwd', 'nonsense', 'https://user:pass@registry.example/token'])(
    'not at %s',
    async (realm) => {
      expect(await failureOf(lookUpWithRealm(realm))).toMatchObject({ code: 'registry-protocol' });
    },
  );

  it('not over plain http with a login, except on loopback', async () => {
    const server = await world.server(aTokenRegistry());
    const host = `registry.example.test:${server.port}`;
    const http = { lookup: lookUpAsLoopback };
    const ask = (login: object) =>
      world
        .registries({ registries: [{ ...aRegistry(host), insecure: true, ...login }], http })
        .client.resolveDigest(`${host}/acme/web`, 'latest', untilDone());
    const { username, password } = aRegistryLogin(host, PASSWORD);
    const failure = await failureOf(ask({ username, password }));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(/not https/);
    expect(server.requests.filter(isTokenRequest)).toHaveLength(0);
    expect((await ask({})).digest).toBe(INDEX_DIGEST);
  });
});

describe('an identity token', () => {
  function withIdentity(host: string) {
    const auth = Buffer.from('robot:').toString('base64');
    const dockerAuthConfig = JSON.stringify({
      auths: { [host]: { auth, identitytoken: IDENTITY } },
    });
    return world.registries({ dockerAuthConfig });
  }

  it('is sent as a refresh token by POST', async () => {
    const server = await world.server(aTokenRegistry());
    await withIdentity(server.host).client.resolveDigest(
      `${server.host}/acme/web`,
      'latest',
      untilDone(),
    );
    const asked = server.requests.find(isTokenRequest);
    expect(asked?.method).toBe('POST');
    expect(asked?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'deploy',
      service: 'the registry, ours',
      scope: 'repository:acme/web:pull',
      refresh_token: IDENTITY,
    });
  });

  it.each([404, 405])('is sent by GET if POST is answered with %i', async (status) => {
    const server = await world.server(
      aTokenRegistry({
        token: ({ method }) =>
          method === 'POST'
            ? { status }
            : { status: 200, body: JSON.stringify({ token: TOKEN, expires_in: 300 }) },
      }),
    );
    const { client } = withIdentity(server.host);
    const found = await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(found.digest).toBe(INDEX_DIGEST);
    const asked = server.requests.filter(isTokenRequest);
    expect(asked.map((request) => request.method)).toEqual(['POST', 'GET']);
    expect(asked[1]?.headers.authorization).toBe(basic('robot', IDENTITY));
  });

  it('that is refused is registry-auth, without another attempt', async () => {
    const server = await world.server(aTokenRegistry({ token: () => ({ status: 401 }) }));
    const { client } = withIdentity(server.host);
    const result = client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(await failureOf(result)).toMatchObject({ code: 'registry-auth' });
    expect(server.requests.filter(isTokenRequest)).toHaveLength(1);
  });
});
