import { describe, expect, it } from 'vitest';
import {
  INDEX_DIGEST,
  MANIFEST,
  RegistryWorld,
  aRegistryLogin,
  basic,
  failureOf,
  lookUpAsLoopback,
  untilDone,
} from '../support/fake-registry.js';
import type { FakeAnswer, FakeServer } from '../support/fake-server.js';

const world = RegistryWorld.forEachTest();

const PASSWORD = 'hunter-two-hunter-two';

/** A registry that asks for a login and then answers with `redirect`. */
function aRedirectingRegistry(redirect: (url: string) => FakeAnswer) {
  return world.server(({ url, headers }) =>
    headers.authorization === undefined
      ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
      : redirect(url),
  );
}

function redirectTo(location: string, status = 307): FakeAnswer {
  return { status, headers: { location } };
}

function lookUp(server: FakeServer) {
  const { client } = world.registries({
    registries: [aRegistryLogin(server.host, PASSWORD)],
    http: { lookup: lookUpAsLoopback },
  });
  return client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
}

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    'by %i inside the registry keeps the login',
    async (status) => {
      const server = await aRedirectingRegistry((url) =>
        url === '/elsewhere' ? MANIFEST : redirectTo('/elsewhere', status),
      );
      expect((await lookUp(server)).digest).toBe(INDEX_DIGEST);
      expect(server.log.at(-1)).toBe('HEAD /elsewhere');
      expect(server.requests.at(-1)?.headers.authorization).toBe(basic('anna', PASSWORD));
    },
  );

  it('to another port loses the login', async () => {
    const other = await world.server(() => MANIFEST);
    const server = await aRedirectingRegistry(() => redirectTo(`http://${other.host}/there`));
    expect((await lookUp(server)).digest).toBe(INDEX_DIGEST);
    expect(other.log).toEqual(['HEAD /there']);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('to another scheme on the same machine loses the login', async () => {
    const other = await world.server(() => MANIFEST, { tls: true });
    const server = await aRedirectingRegistry(() => redirectTo(`https://${other.host}/there`));
    expect((await lookUp(server)).digest).toBe(INDEX_DIGEST);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each(['Basic realm="give it to me"', 'Bearer realm="http://HOST/token"'])(
    'to a place that wants a login (%s) does not get one',
    async (challenge) => {
      const other = await world.server(({ headers }) => ({
        status: 401,
        headers: { 'www-authenticate': challenge.replace('HOST', headers.host ?? '') },
      }));
      const server = await world.server(() => redirectTo(`http://${other.host}/there`));
      expect(await failureOf(lookUp(server))).toMatchObject({ code: 'registry-auth' });
      expect(other.log).toEqual(['HEAD /there']);
      expect(other.requests[0]?.headers.authorization).toBeUndefined();
    },
  );

  it('to a private address is refused', async () => {
    const other = await world.server(() => MANIFEST, { address: '127.0.0.2', tls: true });
    const server = await aRedirectingRegistry(() => redirectTo(`https://${other.host}/there`));
    const failure = await failureOf(lookUp(server));
    expect(failure).toMatchObject({ code: 'registry-protocol' });
    expect(failure.message).toMatch(/private address/);
    expect(other.log).toEqual([]);
  });

  it('to a name with a private address is refused', async () => {
    const other = await world.server(() => MANIFEST, { tls: true });
    const server = await aRedirectingRegistry(() =>
      redirectTo(`https://storage.example.test:${other.port}/there`),
    );
    expect(await failureOf(lookUp(server))).toMatchObject({ code: 'registry-protocol' });
    expect(other.log).toEqual([]);
  });

  it('from https to plain http is refused', async () => {
    const plain = await world.server(() => MANIFEST);
    const server = await world.server(() => redirectTo(`http://${plain.host}/there`), {
      tls: true,
    });
    const failure = await failureOf(lookUp(server));
    expect(failure).toMatchObject({ code: 'registry-protocol' });
    expect(failure.message).toMatch(/from https to plain http/);
    expect(plain.log).toEqual([]);
  });

  it('is followed three times and no further', async () => {
    const three = await world.server(({ url }) => {
      const step = Number(/\d+$/.exec(url)?.[0] ?? 0);
      return step === 3 ? MANIFEST : redirectTo(`/step/${String(step + 1)}`);
    });
    expect((await lookUp(three)).digest).toBe(INDEX_DIGEST);
    const loop = await world.server(({ url }) => redirectTo(url));
    expect(await failureOf(lookUp(loop))).toMatchObject({ code: 'registry-protocol' });
    expect(loop.log).toHaveLength(4);
  });

  it.each(['', 'ftp://127.0.0.1/x', 'http://[::1', 'file:///etc/passwd'])(
    'to %j is refused',
    async (location) => {
      const server = await world.server(() =>
        location === '' ? { status: 302 } : redirectTo(location),
      );
      expect(await failureOf(lookUp(server))).toMatchObject({ code: 'registry-protocol' });
      expect(server.log).toHaveLength(1);
    },
  );

  it('does not forward user information in its URL', async () => {
    const other = await world.server(() => MANIFEST);
    const server = await world.server(() => redirectTo(`http://eve:pass@${other.host}/there`));
    await lookUp(server);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });
});
