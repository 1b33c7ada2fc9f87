import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Registry } from '../src/domain/settings/configuration.js';
import { Secret } from '../src/domain/secrets/secret.js';
import { GuardedHttp } from '../src/outgoing/guarded-http.js';
import type { RegistryClient } from '../src/registries/registry-client.js';
import { Registries } from '../src/registries/registries.js';
import { aRegistry, digestOf, failureOf, untilDone } from './support/fake-registry.js';
import { type Blob, type Image, type ImageIndex, anImage, anImageIndex } from './support/image.js';
import { REGISTRY_USER, RegistryRig } from './support/registry-rig.js';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** A tiny image without files; equal versions have equal digests. */
function aTinyImage(version: string): Image {
  return anImage({ Labels: { version } }, []);
}

function aBlob(mediaType: string, text: string): Blob {
  return { mediaType, digest: digestOf(text), bytes: Buffer.from(text) };
}

const described = ({ mediaType, digest, bytes }: Blob) => ({
  mediaType,
  digest,
  size: bytes.length,
});

function anOciImage(version: string): Image {
  const config = aBlob(
    OCI_CONFIG,
    JSON.stringify({ os: 'linux', config: { Labels: { version } } }),
  );
  const layer = aBlob(OCI_LAYER, `layer of ${version}`);
  const content = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: described(config) };
  const manifest = aBlob(OCI_MANIFEST, JSON.stringify({ ...content, layers: [described(layer)] }));
  return { digest: manifest.digest, imageId: config.digest, manifest, blobs: [config, layer] };
}

function anOciIndex(version: string): ImageIndex {
  const images = [anOciImage(`${version}-one`), anOciImage(`${version}-two`)];
  const manifests = images.map((image) => described(image.manifest));
  const manifest = aBlob(
    OCI_INDEX,
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }),
  );
  return { digest: manifest.digest, manifest, images };
}

/** Our client, with nothing but these registries configured. */
function clientWith(...registries: readonly Registry[]): RegistryClient {
  const http = new GuardedHttp();
  onTestFinished(() => http.onModuleDestroy());
  const made = new Registries({ registries: () => registries }, http, {
    credentials: {
      dockerConfigFolder: join(tmpdir(), 'no-such-folder'),
      dockerAuthConfig: null,
      path: '',
    },
  });
  return made.client;
}

describe.each([{ auth: false }, { auth: true }])('a real registry (login: $auth)', ({ auth }) => {
  let rig: RegistryRig;
  beforeAll(async () => {
    rig = await RegistryRig.start({ auth });
  });
  afterAll(async () => {
    await rig.remove();
  });

  const client = (): RegistryClient => {
    const { username, password } = REGISTRY_USER;
    const login = auth ? { username, password: new Secret(password) } : {};
    return clientWith(aRegistry(rig.host, login));
  };

  it.each([
    ['a Docker image', aTinyImage('one')],
    ['a Docker manifest list', anImageIndex([{ image: aTinyImage('two') }])],
    ['an OCI image', anOciImage('three')],
    ['an OCI index', anOciIndex('four')],
  ])('tells digest and media type of %s, by its tag and by its digest', async (_what, pushed) => {
    await rig.client.push('acme/web', 'latest', pushed);
    const expected = { digest: pushed.digest, mediaType: pushed.manifest.mediaType };
    for (const reference of ['latest', pushed.digest]) {
      expect(await client().resolveDigest(`${rig.host}/acme/web`, reference, untilDone())).toEqual(
        expected,
      );
    }
  });

  it('is asked anew each time, so that a moved tag is seen', async () => {
    const asking = client();
    const look = () => asking.resolveDigest(`${rig.host}/acme/moving`, 'latest', untilDone());
    for (const version of ['before', 'after']) {
      const digest = await rig.client.push('acme/moving', 'latest', aTinyImage(version));
      expect((await look()).digest).toBe(digest);
    }
  });

  it('has no such tag and no such repository', async () => {
    await rig.client.push('acme/web', 'latest', aTinyImage('one'));
    for (const [path, reference] of [
      ['acme/web', 'absent'],
      ['acme/absent', 'latest'],
      ['acme/web', digestOf('never pushed')],
    ] as const) {
      const result = client().resolveDigest(`${rig.host}/${path}`, reference, untilDone());
      expect(await failureOf(result)).toMatchObject({ code: 'tag-not-found' });
    }
  });
});

describe('a real registry that wants a login', () => {
  let rig: RegistryRig;
  beforeAll(async () => {
    rig = await RegistryRig.start({ auth: true });
    await rig.client.push('acme/web', 'latest', aTinyImage('one'));
  });
  afterAll(async () => {
    await rig.remove();
  });

  it.each([
    ['no login', {}],
    ['a wrong one', { username: 'acme', password: new Secret('not-the-password-of-the-rig') }],
  ])('refuses %s as registry-auth', async (_what, login) => {
    const client = clientWith(aRegistry(rig.host, login));
    const result = client.resolveDigest(`${rig.host}/acme/web`, 'latest', untilDone());
    const failure = await failureOf(result);
    expect(failure).toMatchObject({ code: 'registry-auth', retryable: false });
    expect(failure.message).not.toContain('not-the-password');
  });
});

describe('a real registry that goes away', () => {
  it('is registry-unavailable until it is back', async () => {
    const rig = await RegistryRig.start();
    onTestFinished(() => rig.remove());
    const digest = await rig.client.push('acme/web', 'latest', aTinyImage('one'));
    const client = clientWith();
    const look = () => client.resolveDigest(`${rig.host}/acme/web`, 'latest', untilDone());
    expect((await look()).digest).toBe(digest);
    await rig.stop();
    expect(await failureOf(look())).toMatchObject({ code: 'registry-unavailable' });
    await rig.start();
    expect((await look()).digest).toBe(digest);
  });
});
