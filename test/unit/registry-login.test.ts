import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  INDEX_DIGEST,
  MANIFEST,
  RegistryWorld,
  aRegistry,
  aRegistryLogin,
  basic,
  failureOf,
  isTokenRequest,
  lookUpAsLoopback,
  untilDone,
} from '../support/fake-registry.js';
import type { FakeAnswer, FakeHandler, FakeRequest } from '../support/fake-server.js';

let world: RegistryWorld;
beforeEach(async () => {
  world = await RegistryWorld.begin();
});
afterEach(async () => {
  await world.end();
});

const PASSWORD = 'canary-password-0001';
const IDENTITY = 'canary-identity-0002';
const TOKEN = 'canary-bearer-0003';

interface TokenRegistry {
  /** What the token service answers. */
  token?: (request: FakeRequest) => FakeAnswer;
  /** Whether the registry takes this `Authorization`. */
  takes?: (authorization: string | undefined) => boolean;
  /** The whole challenge, with `HOST` for the registry's own. */
  challenge?: string;
  /** Status of a refusal. */
  refusal?: number;
}

/** A registry with a Bearer challenge and its token service on the same host. */
function aTokenRegistry(options: TokenRegistry = {}): FakeHandler {
  const {
    token = () => ({ status: 200, body: JSON.stringify({ token: TOKEN, expires_in: 300 }) }),
    takes = (authorization) => authorization === `Bearer ${TOKEN}`,
    challenge = 'Bearer realm="http://HOST/token",service="the registry, ours",scope="repository:acme/web:pull,push"',
    refusal = 401,
  } = options;
  return (request) => {
    if (isTokenRequest(request)) return token(request);
    if (takes(request.headers.authorization)) return MANIFEST;
    const host = request.headers.host ?? '';
    return {
      status: refusal,
      headers: { 'www-authenticate': challenge.replaceAll('HOST', host) },
    };
  };
}

describe('a Bearer challenge', () => {
  it('is answered with a token for pull alone, anonymously where there is no login', async () => {
    const server = await world.server(aTokenRegistry());
    const { client } = world.registries();
    const found = await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(found.digest).toBe(INDEX_DIGEST);
    expect(server.log).toEqual([
      'HEAD /v2/acme/web/manifests/latest',
      'GET /token?service=the+registry%2C+ours&scope=repository%3Aacme%2Fweb%3Apull&client_id=deploy',
      'HEAD /v2/acme/web/manifests/latest',
    ]);
    expect(server.requests[1]?.headers.authorization).toBeUndefined();
  });

  it('is answered with the login at the token service and only there', async () => {
    const server = await world.server(aTokenRegistry());
    const { client } = world.registries({ registries: [aRegistryLogin(server.host, PASSWORD)] });
    await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(server.requests.map((request) => request.headers.authorization)).toEqual([
      undefined,
      basic('anna', PASSWORD),
      `Bearer ${TOKEN}`,
    ]);
  });

  it('is not waited for while the token lives', async () => {
    let now = 1_800_000_000_000;
    const server = await world.server(aTokenRegistry());
    const { client } = world.registries({ settings: { now: () => now } });
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    await ask();
    now += 269_000;
    await ask();
    expect(server.requests.filter(isTokenRequest)).toHaveLength(1);
    expect(server.log).toHaveLength(4);
    now += 2_000;
    await ask();
    expect(server.requests.filter(isTokenRequest)).toHaveLength(2);
  });

  it('counts a token without a lifetime as one of 60 s', async () => {
    let now = 1_800_000_000_000;
    const server = await world.server(
      aTokenRegistry({
        token: () => ({ status: 200, body: JSON.stringify({ access_token: TOKEN }) }),
      }),
    );
    const { client } = world.registries({ settings: { now: () => now } });
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    await ask();
    now += 47_000;
    await ask();
    expect(server.requests.filter(isTokenRequest)).toHaveLength(1);
    now += 2_000;
    await ask();
    expect(server.requests.filter(isTokenRequest)).toHaveLength(2);
  });

  it('does not reuse a token for another repository', async () => {
    const server = await world.server(aTokenRegistry());
    const { client } = world.registries();
    await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    await client.resolveDigest(`${server.host}/acme/api`, 'latest', untilDone());
    expect(server.requests.filter(isTokenRequest)).toHaveLength(2);
  });

  it.each([401, 403])('on a kept token (%i) is answered with one fresh token', async (refusal) => {
    let valid = 'first';
    let made = 0;
    const server = await world.server(
      aTokenRegistry({
        refusal,
        token: () => {
          made += 1;
          return { status: 200, body: JSON.stringify({ token: valid, expires_in: 300 }) };
        },
        takes: (authorization) => authorization === `Bearer ${valid}`,
      }),
    );
    const { client } = world.registries();
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    await ask();
    valid = 'second';
    expect((await ask()).digest).toBe(INDEX_DIGEST);
    expect(made).toBe(2);
  });

  it.each([401, 403])(
    'that never ends (%i) is registry-auth after one fresh token',
    async (refusal) => {
      let made = 0;
      const token = (): FakeAnswer => {
        made += 1;
        const body = JSON.stringify({ token: `${TOKEN}-${String(made)}`, expires_in: 300 });
        return { status: 200, body };
      };
      const server = await world.server(aTokenRegistry({ refusal, token, takes: () => false }));
      const { client } = world.registries();
      const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
      expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
      expect(server.log).toHaveLength(3);
      // The refused token is still kept: it is shown once, and one fresh one after it.
      expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
      expect(made).toBe(2);
      expect(server.log).toHaveLength(6);
    },
  );

  it('is remembered where a kept token is answered with a bare 403', async () => {
    let valid = 'first';
    const registry = aTokenRegistry({
      token: () => ({ status: 200, body: JSON.stringify({ token: valid, expires_in: 300 }) }),
      takes: (authorization) => authorization === `Bearer ${valid}`,
    });
    const server = await world.server((request) => {
      const answer = registry(request);
      const isKnown = request.headers.authorization !== undefined;
      return isKnown && answer !== MANIFEST ? { status: 403 } : answer;
    });
    const { client } = world.registries();
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    await ask();
    valid = 'second';
    expect((await ask()).digest).toBe(INDEX_DIGEST);
  });

  it('goes on to GET with the token where HEAD does not tell the digest', async () => {
    const registry = aTokenRegistry();
    const server = await world.server((request) => {
      const answer = registry(request);
      return answer === MANIFEST ? { ...MANIFEST, headers: {} } : answer;
    });
    const { client } = world.registries();
    const found = await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(found.digest).toBe(INDEX_DIGEST);
    expect(server.log.map((line) => line.replace(/[/?].*/, ''))).toEqual([
      'HEAD ',
      'GET ',
      'HEAD ',
      'GET ',
    ]);
  });

  it('is preferred to a Basic one beside it', async () => {
    const server = await world.server(
      aTokenRegistry({ challenge: 'Basic realm="a, b", Bearer realm="http://HOST/token"' }),
    );
    const { client } = world.registries({ registries: [aRegistryLogin(server.host, PASSWORD)] });
    await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(server.requests.filter(isTokenRequest)).toHaveLength(1);
  });
});

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

describe('where a token service may be', () => {
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
    const { client } = world.registries({ settings: { http: { lookup: lookUpAsLoopback } } });
    const failure = await failureOf(
      client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone()),
    );
    expect(failure).toMatchObject({ code: 'registry-protocol' });
    expect(failure.message).toMatch(/private address/);
    expect(service.log).toEqual([]);
  });

  it('at a private address that the configuration names, for a registry that is private itself', async () => {
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
    const settings = { http: { lookup: lookUpAsLoopback } };
    const ask = (login: object) =>
      world
        .registries({ registries: [{ ...aRegistry(host), insecure: true, ...login }], settings })
        .client.resolveDigest(`${host}/acme/web`, 'latest', untilDone());
    const { username, password } = aRegistryLogin(host, PASSWORD);
    const failure = await failureOf(ask({ username, password }));
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(/not https/);
    expect(server.requests.filter(isTokenRequest)).toHaveLength(0);
    expect((await ask({})).digest).toBe(INDEX_DIGEST);
  });
});

describe('a Basic challenge', () => {
  const wantsBasic: FakeHandler = ({ headers }) =>
    headers.authorization === basic('anna', PASSWORD)
      ? MANIFEST
      : { status: 401, headers: { 'www-authenticate': 'bAsIc ReAlM="ours, all of it"' } };

  it('is answered with the login, at once from the second look-up on', async () => {
    const server = await world.server(wantsBasic);
    const { client } = world.registries({ registries: [aRegistryLogin(server.host, PASSWORD)] });
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect((await ask()).digest).toBe(INDEX_DIGEST);
    expect(server.log).toHaveLength(2);
    await ask();
    expect(server.log).toHaveLength(3);
  });

  it('is registry-auth without a login', async () => {
    const server = await world.server(wantsBasic);
    const { client } = world.registries();
    const failure = await failureOf(
      client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone()),
    );
    expect(failure).toMatchObject({ code: 'registry-auth' });
    expect(failure.message).toMatch(/none is configured/);
    expect(server.log).toHaveLength(1);
  });

  it('is registry-auth with a wrong one, which is shown once per look-up', async () => {
    const server = await world.server(wantsBasic);
    const { client } = world.registries({ registries: [aRegistryLogin(server.host, 'wrong-one')] });
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
    expect(server.log).toHaveLength(2);
    expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
    expect(server.log).toHaveLength(3);
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

  it.each([404, 405])('is sent by GET where POST is answered with %i', async (status) => {
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

  it('that is refused is registry-auth, without trying another way', async () => {
    const server = await world.server(aTokenRegistry({ token: () => ({ status: 401 }) }));
    const { client } = withIdentity(server.host);
    const result = client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(await failureOf(result)).toMatchObject({ code: 'registry-auth' });
    expect(server.requests.filter(isTokenRequest)).toHaveLength(1);
  });
});

describe('a registry token', () => {
  it('is shown as it is', async () => {
    const server = await world.server(aTokenRegistry());
    const { client } = world.registries({
      dockerAuthConfig: JSON.stringify({ auths: { [server.host]: { registrytoken: TOKEN } } }),
    });
    const found = await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(found.digest).toBe(INDEX_DIGEST);
    expect(server.requests.filter(isTokenRequest)).toHaveLength(0);
  });
});

describe('secrets', () => {
  it('are in no error, whatever goes wrong', async () => {
    const tokens: readonly FakeAnswer[] = [
      { status: 401, body: PASSWORD },
      { status: 400, body: IDENTITY },
      { status: 500, body: TOKEN },
      { status: 200, body: `{"token":"${TOKEN}` },
      { status: 200, body: JSON.stringify({ token: `${TOKEN}\n` }) },
      'cut',
      'hang',
    ];
    const handlers: FakeHandler[] = [
      ...tokens.map((token) => aTokenRegistry({ token: () => token })),
      aTokenRegistry({ takes: () => false }),
      aTokenRegistry({ challenge: 'Basic realm="x"', takes: () => false }),
      aTokenRegistry({ challenge: 'Bearer realm="https://10.0.0.1/token"' }),
      ({ headers }) =>
        headers.authorization === undefined
          ? { status: 401, headers: { 'www-authenticate': 'Basic' } }
          : 'cut',
    ];
    for (const handler of handlers) {
      for (const auth of [
        { auth: Buffer.from(`anna:${PASSWORD}`).toString('base64') },
        { identitytoken: IDENTITY },
        { registrytoken: TOKEN },
      ]) {
        const server = await world.server(handler);
        const { client } = world.registries({
          dockerAuthConfig: JSON.stringify({ auths: { [server.host]: auth } }),
          settings: { http: { requestTimeoutMs: 100 } },
        });
        const outcome = await client
          .resolveDigest(`${server.host}/acme/web`, 'latest', untilDone())
          .catch((error: unknown) => error);
        const shown = inspect(outcome, { depth: 20, showHidden: true });
        expect(shown).not.toMatch(/canary/);
        expect(shown).not.toContain(Buffer.from(`anna:${PASSWORD}`).toString('base64'));
      }
    }
  });
});
