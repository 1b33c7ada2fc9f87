import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  INDEX_DIGEST,
  MANIFEST,
  RegistryWorld,
  aRegistryLogin,
  basic,
  failureOf,
  isTokenRequest,
  untilDone,
} from '../support/fake-registry.js';
import type { FakeAnswer, FakeHandler } from '../support/fake-server.js';
import { aTokenRegistry, TOKEN } from '../support/token-registry.js';

const world = RegistryWorld.forEachTest();

const PASSWORD = 'canary-password-0001';
const IDENTITY = 'canary-identity-0002';

describe('a Bearer challenge', () => {
  it('is answered with a token for pull only, anonymously if there is no login', async () => {
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

  it('is answered with the login at the token service only', async () => {
    const server = await world.server(aTokenRegistry());
    const { client } = world.registries({ registries: [aRegistryLogin(server.host, PASSWORD)] });
    await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(server.requests.map((request) => request.headers.authorization)).toEqual([
      undefined,
      basic('anna', PASSWORD),
      `Bearer ${TOKEN}`,
    ]);
  });

  it('is not needed again while the token is valid', async () => {
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

  it('gives a token without a lifetime 60 s', async () => {
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

  it.each([401, 403])(
    'on a cached token (%i) is answered with one fresh token',
    async (refusal) => {
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
    },
  );

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
      // The refused token is still cached: it is sent once, then a fresh one.
      expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
      expect(made).toBe(2);
      expect(server.log).toHaveLength(6);
    },
  );

  it('is remembered if a cached token is answered with a bare 403', async () => {
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

  it('continues with GET and the token if HEAD lacks the digest', async () => {
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

describe('a Basic challenge', () => {
  const wantsBasic: FakeHandler = ({ headers }) =>
    headers.authorization === basic('anna', PASSWORD)
      ? MANIFEST
      : { status: 401, headers: { 'www-authenticate': 'bAsIc ReAlM="ours, all of it"' } };

  it('is answered with the login, immediately from the second look-up on', async () => {
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

  it('is registry-auth with a wrong one, which is sent once per look-up', async () => {
    const server = await world.server(wantsBasic);
    const { client } = world.registries({ registries: [aRegistryLogin(server.host, 'wrong-one')] });
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
    expect(server.log).toHaveLength(2);
    expect(await failureOf(ask())).toMatchObject({ code: 'registry-auth' });
    expect(server.log).toHaveLength(3);
  });
});

describe('a registry token', () => {
  it('is sent as is', async () => {
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
  it('are never in errors, whatever goes wrong', async () => {
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
          http: { requestTimeoutMs: 100 },
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
