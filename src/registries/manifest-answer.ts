import { createHash } from 'node:crypto';
import { DeployError } from '../domain/errors.js';
import { isDigest } from '../domain/image/image-reference.js';
import type { HttpAnswer } from '../outgoing/guarded-http.js';
import { headerOf } from '../outgoing/guarded-http.js';
import { parseJsonObject } from './json-object.js';

/** What a tag points to in its registry. */
export interface ResolvedManifest {
  /** E.g. `sha256:…`; the digest of the index for an image of several platforms. */
  readonly digest: string;
  /** Without parameters, e.g. `application/vnd.oci.image.index.v1+json`. */
  readonly mediaType: string;
}

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** If one of these is missing, a registry may answer 404 or convert the image to another format. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  OCI_INDEX,
  OCI_MANIFEST,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/**
 * The manifest that an answer to HEAD describes; null if it lacks the digest or the media type, so that a GET
 * is needed.
 * @param expected the digest that was requested; null for a tag
 * @throws DeployError `registry-protocol`
 */
export function manifestOfHead(
  registry: string,
  answer: HttpAnswer,
  expected: string | null,
): ResolvedManifest | null {
  const mediaType = mediaTypeOf(answer);
  if (SCHEMA_1.test(mediaType)) throw schema1Error(registry);
  const digest = digestHeader(registry, answer, expected);
  const isEnough = digest !== null && (expected === null || digest === expected);
  return isEnough && MANIFEST_MEDIA_TYPES.includes(mediaType) ? { digest, mediaType } : null;
}

/**
 * The manifest that an answer to GET contains. Its digest is computed from the bytes and must match both the
 * digest that the registry announced and the one that was requested, if there are any.
 * @throws DeployError `registry-protocol`
 */
export function manifestOfGet(
  registry: string,
  answer: HttpAnswer,
  expected: string | null,
): ResolvedManifest {
  const content = parseJsonObject(answer.body.toString('utf8'));
  if (content === null) throw protocolError(registry, 'answered with a manifest that is not JSON');
  const mediaType = bodyMediaType(answer, content);
  if (SCHEMA_1.test(mediaType) || content['schemaVersion'] === 1) throw schema1Error(registry);
  if (!MANIFEST_MEDIA_TYPES.includes(mediaType)) {
    throw protocolError(registry, 'answered with something other than an image manifest');
  }
  const announced = digestHeader(registry, answer, expected);
  for (const claim of [announced, expected]) {
    if (claim !== null && digestOf(answer.body, algorithmOf(claim)) !== claim) {
      throw protocolError(registry, `announced ${claim} and sent other bytes`);
    }
  }
  return { digest: expected ?? announced ?? digestOf(answer.body, 'sha256'), mediaType };
}

function digestHeader(
  registry: string,
  answer: HttpAnswer,
  expected: string | null,
): string | null {
  const digest = headerOf(answer, 'docker-content-digest');
  if (digest === null) return null;
  if (!isDigest(digest)) throw protocolError(registry, 'answered with a malformed digest');
  const isComparable = expected !== null && algorithmOf(expected) === algorithmOf(digest);
  if (isComparable && digest !== expected) {
    throw protocolError(registry, `was asked for ${expected} and answered with ${digest}`);
  }
  return digest;
}

function algorithmOf(digest: string): string {
  return digest.split(':', 1)[0] ?? '';
}

function digestOf(bytes: Buffer, algorithm: string): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** If the registry gives no type, or `application/json`, the manifest itself decides. */
function bodyMediaType(answer: HttpAnswer, content: Readonly<Record<string, unknown>>): string {
  const announced = mediaTypeOf(answer);
  if (MANIFEST_MEDIA_TYPES.includes(announced) || SCHEMA_1.test(announced)) return announced;
  const own = content['mediaType'];
  if (typeof own === 'string') return own;
  if (content['schemaVersion'] !== 2) return announced;
  if (Array.isArray(content['manifests'])) return OCI_INDEX;
  return Array.isArray(content['layers']) ? OCI_MANIFEST : announced;
}

function mediaTypeOf(answer: HttpAnswer): string {
  const header = headerOf(answer, 'content-type') ?? '';
  return (header.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function schema1Error(registry: string): DeployError {
  return protocolError(
    registry,
    'has this image only in the outdated manifest format (schema 1): push it again',
  );
}

function protocolError(registry: string, why: string): DeployError {
  return new DeployError('registry-protocol', `${registry} ${why}`);
}
