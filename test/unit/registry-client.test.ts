import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  INDEX_BODY,
  INDEX_DIGEST,
  MANIFEST,
  OCI_INDEX,
  RegistryWorld,
  digestOf,
  failureOf,
  untilDone,
} from '../support/fake-registry.js';
import type { FakeHandler } from '../support/fake-server.js';

const world = RegistryWorld.forEachTest();

const OTHER_DIGEST = digestOf('something else');
const DOCKER_SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';

/** Looks up `acme/web:latest` at a registry that answers like this. */
async function lookUp(handler: FakeHandler, reference = 'latest') {
  const server = await world.server(handler);
  const { client } = world.registries();
  const result = client.resolveDigest(`${server.host}/acme/web`, reference, untilDone());
  // The caller awaits it; until then it must not count as unhandled.
  result.catch(() => undefined);
  return { server, client, result };
}

describe('the digest of a tag', () => {
  it('comes from one HEAD with the full Accept list', async () => {
    const { server, result } = await lookUp(() => MANIFEST);
    expect(await result).toEqual({ digest: INDEX_DIGEST, mediaType: OCI_INDEX });
    expect(server.log).toEqual(['HEAD /v2/acme/web/manifests/latest']);
    expect(server.requests[0]?.headers.accept).toBe(
      'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, ' +
        'application/vnd.docker.distribution.manifest.list.v2+json, ' +
        'application/vnd.docker.distribution.manifest.v2+json',
    );
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('ignores parameters of the content type', async () => {
    const { result } = await lookUp(() => ({
      ...MANIFEST,
      headers: { ...MANIFEST.headers, 'content-type': `${OCI_INDEX}; charset=utf-8` },
    }));
    expect((await result).mediaType).toBe(OCI_INDEX);
  });

  it('is the hash of the body if the header is missing', async () => {
    const { server, result } = await lookUp(() => ({
      ...MANIFEST,
      headers: { 'content-type': OCI_INDEX },
    }));
    expect(await result).toEqual({ digest: INDEX_DIGEST, mediaType: OCI_INDEX });
    expect(server.log.map((line) => line.split(' ')[0])).toEqual(['HEAD', 'GET']);
  });

  it.each([400, 404, 405, 501])(
    'is asked for by GET where HEAD is answered with %i',
    async (status) => {
      const { result } = await lookUp(({ method }) => (method === 'HEAD' ? { status } : MANIFEST));
      expect((await result).digest).toBe(INDEX_DIGEST);
    },
  );

  it('is found in a manifest without a media type in its header', async () => {
    const body = JSON.stringify({ schemaVersion: 2, config: {}, layers: [] });
    const { result } = await lookUp(() => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body,
    }));
    expect(await result).toEqual({
      digest: digestOf(body),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
    });
  });

  it('is refused if the bytes do not match the header', async () => {
    const { result } = await lookUp(({ method }) =>
      method === 'HEAD'
        ? { status: 405 }
        : { ...MANIFEST, headers: { ...MANIFEST.headers, 'docker-content-digest': OTHER_DIGEST } },
    );
    expect(await failureOf(result)).toMatchObject({ code: 'registry-protocol' });
  });

  it.each(['sha256:1234', 'latest', '', INDEX_DIGEST.toUpperCase()])(
    'is refused where the header says %j',
    async (digest) => {
      const { result } = await lookUp(() => ({
        ...MANIFEST,
        headers: { ...MANIFEST.headers, 'docker-content-digest': digest },
      }));
      expect(await failureOf(result)).toMatchObject({ code: 'registry-protocol' });
    },
  );

  it('is refused for the outdated manifest format, on HEAD and by its bytes', async () => {
    const onHead = await lookUp(() => ({
      ...MANIFEST,
      headers: { ...MANIFEST.headers, 'content-type': DOCKER_SCHEMA_1 },
    }));
    const failure = await failureOf(onHead.result);
    expect(failure).toMatchObject({ code: 'registry-protocol' });
    expect(failure.message).toMatch(/schema 1/);
    const inBody = await lookUp(() => ({
      status: 200,
      body: '{"schemaVersion":1,"name":"acme/web"}',
    }));
    expect((await failureOf(inBody.result)).message).toMatch(/schema 1/);
  });

  it.each(['<html>welcome</html>', '{"schemaVersion":2}', '[]', INDEX_BODY.slice(0, -3)])(
    'is refused for a body of %j',
    async (body) => {
      const { result } = await lookUp(() => ({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body,
      }));
      expect(await failureOf(result)).toMatchObject({ code: 'registry-protocol' });
    },
  );

  it('is refused for a manifest of more than 4 MiB', async () => {
    const { result } = await lookUp(({ method }) =>
      method === 'HEAD'
        ? { status: 405 }
        : { ...MANIFEST, body: Buffer.alloc(4 * 1024 * 1024 + 1) },
    );
    const failure = await failureOf(result);
    expect(failure).toMatchObject({ code: 'registry-protocol' });
    expect(failure.message).toMatch(/4194304 bytes/);
  });
});

describe('looking up a digest', () => {
  it('confirms it', async () => {
    const { server, result } = await lookUp(() => MANIFEST, INDEX_DIGEST);
    expect((await result).digest).toBe(INDEX_DIGEST);
    expect(server.log).toEqual([`HEAD /v2/acme/web/manifests/${INDEX_DIGEST}`]);
  });

  it('refuses another digest in the header or in the bytes', async () => {
    const byHeader = await lookUp(() => MANIFEST, OTHER_DIGEST);
    expect(await failureOf(byHeader.result)).toMatchObject({ code: 'registry-protocol' });
    const byBytes = await lookUp(
      () => ({ ...MANIFEST, headers: { 'content-type': OCI_INDEX } }),
      OTHER_DIGEST,
    );
    expect(await failureOf(byBytes.result)).toMatchObject({ code: 'registry-protocol' });
  });

  it('compares the bytes if the registry uses another hash algorithm', async () => {
    const sha512 = `sha512:${createHash('sha512').update(INDEX_BODY).digest('hex')}`;
    const { result } = await lookUp(() => MANIFEST, sha512);
    expect((await result).digest).toBe(sha512);
    const other = await lookUp(() => MANIFEST, `sha512:${'0'.repeat(128)}`);
    expect(await failureOf(other.result)).toMatchObject({ code: 'registry-protocol' });
  });
});

describe('other answers of a registry', () => {
  it('a missing tag is tag-not-found, without a second request if it is really a registry', async () => {
    const { server, result } = await lookUp(() => ({
      status: 404,
      headers: { 'docker-distribution-api-version': 'registry/2.0' },
    }));
    const failure = await failureOf(result);
    expect(failure).toMatchObject({ code: 'tag-not-found' });
    expect(failure.message).toMatch(/latest of acme\/web/);
    expect(server.log).toHaveLength(1);
  });

  it.each(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN'])(
    '%s is tag-not-found under any status',
    async (code) => {
      const { result } = await lookUp(() => ({
        status: 400,
        body: JSON.stringify({ errors: [{ code, message: 'no such thing' }] }),
      }));
      expect(await failureOf(result)).toMatchObject({ code: 'tag-not-found' });
    },
  );

  it.each([500, 502, 503])('%i is registry-unavailable', async (status) => {
    const { result } = await lookUp(() => ({ status }));
    expect(await failureOf(result)).toMatchObject({
      code: 'registry-unavailable',
      retryAfterMs: null,
      retryable: true,
    });
  });

  it('the time of a Retry-After is passed on', async () => {
    const { result } = await lookUp(() => ({ status: 503, headers: { 'retry-after': '7' } }));
    expect(await failureOf(result)).toMatchObject({ retryAfterMs: 7000 });
  });

  it.each([204, 302, 418])('%i without a manifest is registry-protocol', async (status) => {
    const { result } = await lookUp(() => ({ status }));
    expect(await failureOf(result)).toMatchObject({ code: 'registry-protocol' });
  });

  it('403 without a challenge is registry-auth', async () => {
    const { server, result } = await lookUp(() => ({ status: 403 }));
    expect(await failureOf(result)).toMatchObject({ code: 'registry-auth', retryable: false });
    expect(server.log).toHaveLength(1);
  });

  it('a closed connection is registry-unavailable', async () => {
    const { result } = await lookUp(() => 'cut');
    expect(await failureOf(result)).toMatchObject({ code: 'registry-unavailable' });
  });

  it('a closed port is registry-unavailable', async () => {
    const server = await world.server(() => MANIFEST);
    await server.close();
    const { client } = world.registries();
    const failure = await failureOf(
      client.resolveDigest(`${server.host}/acme/web`, 'latest', untilDone()),
    );
    expect(failure).toMatchObject({ code: 'registry-unavailable' });
    expect(failure.message).toContain(server.host);
  });
});
