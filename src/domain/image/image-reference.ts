import { DeployError } from '../errors.js';
import { quoted } from '../quoted.js';

/**
 * A parsed image reference in canonical form, following the grammar of distribution/reference
 * (`ParseNormalizedNamed`: both a tag and a digest are kept).
 */
export interface ImageReference {
  /** Registry host, e.g. `docker.io` or `localhost:5000`. */
  readonly domain: string;
  /** Repository path inside the registry, e.g. `library/busybox`. */
  readonly path: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const DEFAULT_DOMAIN = 'docker.io';
const LONGEST_PATH = 255;

const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(
  `^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);
const PATH_COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const HEX_64 = /^[a-f0-9]{64}$/;
const DIGEST_HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Parses an image reference as it is written after `docker pull`.
 * @throws DeployError `invalid-reference`, saying which part is wrong.
 */
export function parseImageReference(input: string): ImageReference {
  if (HEX_64.test(input)) throw invalid(input, '64 hexadecimal digits are an image id, not a name');
  const { domain, rest } = splitDomain(input);
  const { name: named, digest } = splitDigest(input, rest);
  const colon = named.indexOf(':');
  const path = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? null : named.slice(colon + 1);
  const fullPath = domain === DEFAULT_DOMAIN && !path.includes('/') ? `library/${path}` : path;
  if (path !== path.toLowerCase()) throw invalid(input, 'the repository must be lower case');
  if (!DOMAIN.test(domain)) throw invalid(input, 'the registry host is malformed');
  if (!PATH.test(path)) throw invalid(input, 'the repository is malformed');
  if (fullPath.length > LONGEST_PATH)
    throw invalid(input, `the repository is longer than ${String(LONGEST_PATH)} characters`);
  if (tag !== null && !isTag(tag)) throw invalid(input, 'the tag is malformed');
  if (digest !== null) checkDigest(input, digest);
  return { domain, path: fullPath, tag, digest };
}

/** Whether `text` is a valid tag: 1 to 128 of `A-Z a-z 0-9 _ . -`, not beginning with `.` or `-`. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether `text` is a well-formed sha256, sha384 or sha512 digest. */
export function isDigest(text: string): boolean {
  const [algorithm = '', hex = '', ...more] = text.split(':');
  const length = DIGEST_HEX_LENGTH[algorithm];
  return more.length === 0 && length === hex.length && /^[a-f0-9]+$/.test(hex);
}

/** Registry and path without tag and digest, e.g. `docker.io/acme/web`. */
export function repositoryOf(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The canonical repository of a reference as a user writes it, e.g. `docker.io/acme/web` for `acme/web:1`. */
export function canonicalRepository(input: string): string {
  return repositoryOf(parseImageReference(input));
}

function splitDomain(input: string): { domain: string; rest: string } {
  const slash = input.indexOf('/');
  const first = slash < 0 ? '' : input.slice(0, slash);
  const isDomain =
    first === 'localhost' || /[.:]/.test(first) || (first !== '' && first !== first.toLowerCase());
  if (!isDomain) return { domain: DEFAULT_DOMAIN, rest: input };
  const domain = first === 'index.docker.io' ? DEFAULT_DOMAIN : first;
  return { domain, rest: input.slice(slash + 1) };
}

function splitDigest(input: string, rest: string): { name: string; digest: string | null } {
  const at = rest.indexOf('@');
  if (at < 0) return { name: rest, digest: null };
  if (rest.indexOf('@', at + 1) >= 0) throw invalid(input, 'it contains more than one "@"');
  return { name: rest.slice(0, at), digest: rest.slice(at + 1) };
}

function checkDigest(input: string, digest: string): void {
  const algorithm = digest.split(':')[0] ?? '';
  if (!(algorithm in DIGEST_HEX_LENGTH)) {
    throw invalid(input, 'the digest algorithm must be sha256, sha384 or sha512');
  }
  if (!isDigest(digest)) throw invalid(input, 'the digest has the wrong length or digits');
}

function invalid(input: string, why: string): DeployError {
  const shown = input.length > 300 ? `${input.slice(0, 300)}…` : input;
  return new DeployError('invalid-reference', `${quoted(shown)} is not an image reference: ${why}`);
}
