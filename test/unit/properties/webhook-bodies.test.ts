import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Webhook } from '../../../src/domain/settings/environment.js';
import { DeployError } from '../../../src/domain/errors.js';
import { isTag, parseImageReference } from '../../../src/domain/image/image-reference.js';
import { Secret } from '../../../src/domain/secrets/secret.js';
import { decodeBody, rawBody, type DecodedBody } from '../../../src/webhooks/raw-body.js';
import { readDelivery } from '../../../src/webhooks/read-delivery.js';
import type { ParsedBody } from '../../../src/webhooks/sources/source.js';
import { Sources } from '../../../src/webhooks/sources/sources.js';
import { aDockerHubPush } from '../../support/docker-hub.js';
import { asyncProperty, property, PROPERTY_TIMEOUT_MS } from '../../support/property-runs.js';
import { bitten, registryHost, repositoryPath, tagText } from './reference-grammar.js';

/** Every kind of sender; the compiler reports a missing one. */
const TYPES: Readonly<Record<Webhook['type'], true>> = { 'docker-hub': true };

const webhook: fc.Arbitrary<Webhook> = fc
  .record({
    type: fc.constantFrom(...(Object.keys(TYPES) as Webhook['type'][])),
    registry: registryHost,
  })
  .map(({ type, registry }) => ({
    name: 'hub',
    type,
    registry,
    secrets: [new Secret('s'.repeat(20))],
    allowFrom: null,
    environments: null,
    handler: null,
  }));

/** Any JSON value, with the relevant keys anywhere in it. */
const key = fc.oneof(
  fc.constantFrom('push_data', 'repository', 'repo_name', 'tag', 'namespace', 'name', 'media_type'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'images', 'callback_url'),
  fc.string({ maxLength: 6 }),
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -0, 1e308, ''),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  repositoryPath,
  tagText,
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(key, tie('json'), { maxKeys: 6, noNullPrototype: false }),
  ),
}));

const push = fc
  .tuple(bitten(repositoryPath), bitten(tagText))
  .map(([repository, tag]) => aDockerHubPush({ repository, tag, pushedAt: 1_700_000_000 }));

/** A valid body in which one value, at a path of up to three steps, is replaced by another. */
const spoiled = fc
  .tuple(push, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), json)
  .map(([body, path, value]) => {
    const copy = structuredClone(body) as Record<string, unknown>;
    let at: Record<string, unknown> = copy;
    for (const [index, step] of path.entries()) {
      const keys = Object.keys(at);
      const name = keys[step % Math.max(keys.length, 1)] ?? 'new';
      const child = at[name];
      if (index < path.length - 1 && typeof child === 'object' && child !== null) {
        at = child as Record<string, unknown>;
      } else {
        at[name] = value;
        break;
      }
    }
    return copy;
  });

const body = fc.oneof(json, push, spoiled);
const bytes = fc.oneof(
  body.map((value) => Buffer.from(JSON.stringify(value))),
  bitten(body.map((value) => JSON.stringify(value))).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }).map((found) => Buffer.from(found)),
);

function read(content: Buffer, of: Webhook): ParsedBody {
  const decoded: DecodedBody = { bytes: content, fault: null };
  const sender = { webhook: of, source: new Sources().of(of) };
  return readDelivery(sender, {}, decoded).parsed;
}

/** A value of the body by its path, using own properties only. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => {
    const isMap = typeof found === 'object' && found !== null && !Array.isArray(found);
    return isMap && Object.hasOwn(found, name)
      ? (found as Record<string, unknown>)[name]
      : undefined;
  }, value);
}

describe('any body of a webhook', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  it('gives pushes or a plain reason, whatever its bytes and its sender', () => {
    property(3_000, [bytes, webhook], (content, of) => {
      const parsed = read(content, of);
      if ('ignored' in parsed) {
        expect(parsed.ignored).toMatch(/^[\w .,()-]{5,120}$/);
        return;
      }
      for (const { repository, tag, digest } of parsed.pushes) {
        const reference = parseImageReference(`${repository}:${tag}`);
        expect(reference.domain).toBe(of.registry);
        expect(isTag(tag)).toBe(true);
        expect(digest).toBe(null);
      }
    });
  });

  it('gives a push only with the name and the tag that it contains', () => {
    property(3_000, [body, webhook], (value, of) => {
      // As JSON is parsed: `__proto__` is an own property.
      const sent = JSON.parse(JSON.stringify(value)) as unknown;
      const parsed = read(Buffer.from(JSON.stringify(sent)), of);
      const name = at(sent, 'repository', 'repo_name');
      const tag = at(sent, 'push_data', 'tag');
      if ('ignored' in parsed) return;
      expect(parsed.pushes).toHaveLength(1);
      const [{ repository, tag: pushed } = { repository: '', tag: '' }] = parsed.pushes;
      expect(pushed).toBe(tag);
      expect([`${of.registry}/${String(name)}`, `docker.io/library/${String(name)}`]).toContain(
        repository,
      );
    });
  });

  it('is read if it is valid, with the same result whatever its irrelevant fields', () => {
    property(1_000, [repositoryPath, tagText, json, webhook], (path, tag, value, of) => {
      fc.pre(path.includes('/') && !/^sha256-[0-9a-f]{64}/.test(tag));
      const sound = { push_data: { tag }, repository: { repo_name: path } };
      const padded = {
        callback_url: value,
        push_data: { images: value, pushed_at: value, tag },
        repository: { owner: value, repo_name: path, repo_url: value },
      };
      const parsed = read(Buffer.from(JSON.stringify(sound)), of);
      expect(read(Buffer.from(JSON.stringify(padded)), of)).toEqual(parsed);
      expect(parsed).toEqual({
        pushes: [{ repository: `${of.registry}/${path}`, tag, digest: null }],
      });
    });
  });
});

describe('the bytes of any request', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  const encoding = fc.oneof(
    fc.constantFrom('gzip', 'x-gzip', 'deflate', 'br', 'identity', 'GZIP ', '', 'zstd'),
    fc.constantFrom('__proto__', 'constructor', 'gzip, gzip'),
    fc.string({ maxLength: 8 }),
  );
  const encoders = fc.constantFrom(
    gzipSync,
    deflateSync,
    brotliCompressSync,
    (plain: Buffer) => plain,
  );

  it('are decoded as they were sent, or with a fault, or with the error too-large', async () => {
    await asyncProperty(
      400,
      [bytes, encoders, encoding, fc.option(fc.nat(400))],
      async (content, encode, name, cut) => {
        const sent = encode(content).subarray(0, cut ?? undefined);
        const request = Object.assign(new PassThrough(), {
          headers: { 'content-encoding': name },
          complete: false,
        });
        const decoding = rawBody(request as unknown as IncomingMessage).then((raw) =>
          decodeBody(raw, name),
        );
        request.end(sent);
        const outcome = await decoding.catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(DeployError);
          expect(outcome).toMatchObject({ code: 'too-large' });
          return;
        }
        const { bytes: decoded, fault } = outcome as DecodedBody;
        if (fault !== null) expect(decoded).toEqual(sent);
        if (fault === null && encode === gzipSync && /^(x-)?gzip$/.test(name)) {
          expect(decoded).toEqual(sent.length === 0 ? sent : content);
        }
      },
    );
  });
});
