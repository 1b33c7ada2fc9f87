import { describe, expect, it } from 'vitest';
import {
  INDEX_DIGEST,
  MANIFEST,
  RegistryWorld,
  aRegistry,
  failureOf,
  lookUpAsLoopback,
  untilDone,
} from '../support/fake-registry.js';
import type { FakeHandler } from '../support/fake-server.js';

const world = RegistryWorld.forEachTest();

describe('deadlines', () => {
  it('end an unanswered request', async () => {
    const server = await world.server(() => 'hang');
    const { client } = world.registries({ http: { requestTimeoutMs: 200 } });
    const failure = await failureOf(
      client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone()),
    );
    expect(failure).toMatchObject({ code: 'registry-unavailable' });
    expect(failure.message).toMatch(/did not answer within 0.2 s/);
  });

  it('do not matter if the caller aborts: its own reason is thrown', async () => {
    const server = await world.server(() => 'hang');
    const { client } = world.registries();
    const caller = new AbortController();
    const reason = new Error('no longer of interest');
    const result = client.resolveDigest(`${server.host}/acme/web`, 'latest', caller.signal);
    setTimeout(() => {
      caller.abort(reason);
    }, 100);
    await expect(result).rejects.toBe(reason);
    await expect(
      client.resolveDigest(`${server.host}/acme/web`, 'latest', caller.signal),
    ).rejects.toBe(reason);
    expect(server.log).toHaveLength(1);
  });
});

describe('rate limits', () => {
  it('leave the host alone after 429 until the announced time', async () => {
    let now = 1_800_000_000_000;
    let answer: ReturnType<FakeHandler> = { status: 429, headers: { 'retry-after': '60' } };
    const server = await world.server(() => answer);
    const { client } = world.registries({ settings: { now: () => now } });
    const ask = (path: string) =>
      client.resolveDigest(`${server.host}/${path}`, 'latest', untilDone());
    expect(await failureOf(ask('acme/web'))).toMatchObject({
      code: 'registry-unavailable',
      retryAfterMs: 60_000,
    });
    answer = MANIFEST;
    now += 20_000;
    expect(await failureOf(ask('acme/other'))).toMatchObject({
      code: 'registry-unavailable',
      retryAfterMs: 40_000,
    });
    expect(server.log).toHaveLength(1);
    now += 40_000;
    expect((await ask('acme/web')).digest).toBe(INDEX_DIGEST);
  });

  it('use the last allowed answer and then leave the host alone', async () => {
    let now = 1_800_000_000_000;
    const headers = { ...MANIFEST.headers, 'ratelimit-limit': '100;w=21600' };
    const server = await world.server(() => ({
      ...MANIFEST,
      headers: { ...headers, 'ratelimit-remaining': '0;w=21600' },
    }));
    const { client } = world.registries({ settings: { now: () => now } });
    const ask = () => client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect((await ask()).digest).toBe(INDEX_DIGEST);
    expect(await failureOf(ask())).toMatchObject({ code: 'registry-unavailable' });
    now += 30_000;
    expect((await ask()).digest).toBe(INDEX_DIGEST);
  });

  it('of one host do not hold another', async () => {
    const limited = await world.server(() => ({ status: 429 }));
    const free = await world.server(() => MANIFEST);
    const { client } = world.registries();
    await failureOf(client.resolveDigest(`${limited.host}/acme/web`, 'latest', untilDone()));
    const found = await client.resolveDigest(`${free.host}/acme/web`, 'latest', untilDone());
    expect(found.digest).toBe(INDEX_DIGEST);
  });
});

describe('https and plain http', () => {
  it('uses TLS on loopback if it is available, with any certificate', async () => {
    const server = await world.server(() => MANIFEST, { tls: true });
    const { client } = world.registries();
    const found = await client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone());
    expect(found.digest).toBe(INDEX_DIGEST);
  });

  it('uses plain http for a registry that is marked insecure', async () => {
    const server = await world.server(() => MANIFEST);
    const host = `registry.example.test:${server.port}`;
    const { client } = world.registries({
      registries: [aRegistry(host, { insecure: true })],
      http: { lookup: lookUpAsLoopback },
    });
    expect((await client.resolveDigest(`${host}/acme/web`, 'latest', untilDone())).digest).toBe(
      INDEX_DIGEST,
    );
  });

  it('never falls back to plain http for others', async () => {
    const server = await world.server(() => MANIFEST);
    const { client } = world.registries({ http: { lookup: lookUpAsLoopback } });
    const repository = `registry.example.test:${server.port}/acme/web`;
    expect(await failureOf(client.resolveDigest(repository, 'latest', untilDone()))).toMatchObject({
      code: 'registry-unavailable',
    });
    expect(server.log).toEqual([]);
  });

  it('checks the certificate of others', async () => {
    const server = await world.server(() => MANIFEST, { tls: true });
    const { client } = world.registries({ http: { lookup: lookUpAsLoopback } });
    const repository = `registry.example.test:${server.port}/acme/web`;
    expect(await failureOf(client.resolveDigest(repository, 'latest', untilDone()))).toMatchObject({
      code: 'registry-unavailable',
    });
    expect(server.log).toEqual([]);
  });

  it('recovers when the registry changes from one to the other', async () => {
    const plain = await world.server(() => MANIFEST);
    const { client } = world.registries();
    const ask = () => client.resolveDigest(`${plain.host}/acme/web`, 'latest', untilDone());
    await ask();
    await plain.close();
    const secure = await world.server(() => MANIFEST, { tls: true, port: Number(plain.port) });
    await failureOf(ask());
    expect((await ask()).digest).toBe(INDEX_DIGEST);
    expect(secure.log).toHaveLength(1);
  });
});

describe('what may be looked up', () => {
  it.each([
    ['docker.io/acme/web', '../../secret'],
    ['docker.io/acme/web', ''],
    ['docker.io/acme/web', 'a?b'],
    ['docker.io/acme/../web', 'latest'],
    ['localhost:99999/acme/web', 'latest'],
  ])('not %j with the reference %j', async (repository, reference) => {
    const { client } = world.registries();
    const result = client.resolveDigest(repository, reference, untilDone());
    expect(await failureOf(result)).toMatchObject({ code: 'invalid-reference' });
  });

  it('Docker Hub by the host of its API, over https', async () => {
    const hosts: string[] = [];
    const { client } = world.registries({
      http: {
        lookup: (hostname, _options, callback) => {
          hosts.push(hostname);
          callback(Object.assign(new Error('no network here'), { code: 'ENOTFOUND' }), '');
        },
      },
    });
    const failure = await failureOf(
      client.resolveDigest('docker.io/acme/web', 'latest', untilDone()),
    );
    expect(failure).toMatchObject({ code: 'registry-unavailable' });
    expect(hosts).toEqual(['registry-1.docker.io']);
  });
});
