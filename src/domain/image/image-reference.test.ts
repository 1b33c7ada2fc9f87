import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DeployError } from '../errors.js';
import type { ImageReference } from './image-reference.js';
import {
  canonicalRepository,
  isDigest,
  isTag,
  parseImageReference,
  repositoryOf,
} from './image-reference.js';

const HEX = '0123456789abcdef'.repeat(4);
const SHA256 = `sha256:${HEX}`;
const SHA384 = `sha384:${HEX}${HEX.slice(0, 32)}`;
const SHA512 = `sha512:${HEX}${HEX}`;

/** The expected domain, path, tag and digest of a reference. */
type Expected = readonly [string, string, (string | null)?, (string | null)?];

const ACCEPTED: readonly (readonly [rule: string, input: string, expected: Expected])[] = [
  ['a bare name is an official image', 'nginx', ['docker.io', 'library/nginx']],
  ['a bare name may carry a tag', 'nginx:1.27', ['docker.io', 'library/nginx', '1.27']],
  ['an account needs no library/', 'acme/web', ['docker.io', 'acme/web']],
  ['the default registry may be written', 'docker.io/acme/web', ['docker.io', 'acme/web']],
  ['and gets library/ too', 'docker.io/nginx', ['docker.io', 'library/nginx']],
  ['the old name of the registry', 'index.docker.io/acme/web', ['docker.io', 'acme/web']],
  [
    'the API host is not renamed',
    'registry-1.docker.io/acme/web',
    ['registry-1.docker.io', 'acme/web'],
  ],
  ['a dot makes a domain', 'ghcr.io/acme/web:2', ['ghcr.io', 'acme/web', '2']],
  ['a dot alone, without a slash, does not', 'ghcr.io:2', ['docker.io', 'library/ghcr.io', '2']],
  ['a port makes a domain', 'build:5000/web', ['build:5000', 'web']],
  ['without a slash it is a tag', 'build:5000', ['docker.io', 'library/build', '5000']],
  ['localhost is a domain', 'localhost/web', ['localhost', 'web']],
  ['localhost without a slash is not', 'localhost', ['docker.io', 'library/localhost']],
  ['a capital letter makes a domain', 'Build/web', ['Build', 'web']],
  ['an underscore does not', 'my_team/web', ['docker.io', 'my_team/web']],
  ['an IPv4 address and a tag', '10.0.0.1:5000/web:5050', ['10.0.0.1:5000', 'web', '5050']],
  ['an IPv6 address', '[fd00::7]:5000/web', ['[fd00::7]:5000', 'web']],
  ['a port beyond the range is not checked', 'localhost:70000/web', ['localhost:70000', 'web']],
  ['deep paths', 'ghcr.io/a/b/c/d', ['ghcr.io', 'a/b/c/d']],
  ['separators in paths', 'a.b/c_d__e-f---g', ['a.b', 'c_d__e-f---g']],
  ['a digest alone', `acme/web@${SHA256}`, ['docker.io', 'acme/web', null, SHA256]],
  ['tag and digest are both kept', `acme/web:1@${SHA256}`, ['docker.io', 'acme/web', '1', SHA256]],
  ['sha384', `acme/web@${SHA384}`, ['docker.io', 'acme/web', null, SHA384]],
  ['sha512', `acme/web@${SHA512}`, ['docker.io', 'acme/web', null, SHA512]],
  ['a digest without a name reads as a tag', SHA256, ['docker.io', 'library/sha256', HEX]],
  ['64 hexadecimal digits after a domain', `docker.io/${HEX}`, ['docker.io', `library/${HEX}`]],
  ['tags may hold capitals', 'web:Release_1.0-RC', ['docker.io', 'library/web', 'Release_1.0-RC']],
  ['tags may begin with an underscore', 'web:_x', ['docker.io', 'library/web', '_x']],
  [
    'tags of 128 characters',
    `web:${'t'.repeat(128)}`,
    ['docker.io', 'library/web', 't'.repeat(128)],
  ],
  [
    'paths of 255 characters, not counting the domain',
    `ghcr.io/${'p'.repeat(255)}`,
    ['ghcr.io', 'p'.repeat(255)],
  ],
];

const REFUSED: readonly (readonly [rule: string, input: string])[] = [
  ['nothing', ''],
  ['a space before', ' web'],
  ['a space after', 'web '],
  ['a line break after', 'web\n'],
  ['a tag with a line break', 'web:1\n'],
  ['an image id', HEX],
  ['a capital letter in the path', 'acme/Web'],
  ['a capital letter in the path after a domain', 'ghcr.io/Acme/web'],
  ['a scheme', 'https://ghcr.io/acme/web'],
  ['a domain without a path', 'ghcr.io/'],
  ['a path that begins with a slash', '/web'],
  ['a path that ends with a slash', 'acme/web/'],
  ['an empty component', 'acme//web'],
  ['a component that begins with a dash', '-web'],
  ['a component that ends with a dash', 'web-'],
  ['two dots in a row', 'a..b/web'],
  ['three underscores in a row', 'a___b/web'],
  ['mixed separators in a row', 'a.-b/web'],
  ['climbing out of a path', 'ghcr.io/../web'],
  ['a port that is not a number', 'build:port/web'],
  ['a domain that begins with a dash', '-build.example/web'],
  ['an IPv6 address alone', '[fd00::7]'],
  ['an IPv6 address with a zone', '[fe80::1%eth0]:5000/web'],
  ['user information', 'user@ghcr.io/web'],
  ['an empty tag', 'web:'],
  ['a tag without a name', ':latest'],
  ['two tags', 'web:a:b'],
  ['a tag that begins with a dot', 'web:.a'],
  ['a tag that begins with a dash', 'web:-a'],
  ['a tag with a plus sign', 'web:1+build'],
  ['a tag of 129 characters', `web:${'t'.repeat(129)}`],
  ['a path of 256 characters', `ghcr.io/${'p'.repeat(256)}`],
  ['a path that library/ makes too long', 'p'.repeat(248)],
  ['an empty digest', 'web@'],
  ['a digest that is too short', `web@sha256:${HEX.slice(1)}`],
  ['a digest that is too long', `web@${SHA256}0`],
  ['a digest in capitals', `web@sha256:${HEX.toUpperCase()}`],
  ['a digest of another algorithm', `web@md5:${HEX.slice(0, 32)}`],
  ['a digest whose algorithm is the name of an object member', 'web@constructor:1'],
  ['two digests', `web@${SHA256}@${SHA256}`],
];

describe('parseImageReference', () => {
  it.each(ACCEPTED)('%s: %s', (_rule, input, [domain, path, tag = null, digest = null]) => {
    expect(parseImageReference(input)).toEqual({ domain, path, tag, digest });
  });

  it.each(REFUSED)('refuses %s: %j', (_rule, input) => {
    expect(() => parseImageReference(input)).toThrow(
      expect.objectContaining({ name: 'DeployError', code: 'invalid-reference' }),
    );
  });

  it('reports which part is wrong', () => {
    expect(() => parseImageReference('acme/Web')).toThrow(/lower case/);
    expect(() => parseImageReference('acme/web:.a')).toThrow(/tag/);
    expect(() => parseImageReference('acme/web@md5:1')).toThrow(/sha256/);
    expect(() => parseImageReference('-x.example/web')).toThrow(/registry host/);
  });

  it('shows only the beginning of an absurdly long input', () => {
    const caught = thrownBy(() => parseImageReference(`a..${'a'.repeat(100_000)}`));
    expect(caught).toBeInstanceOf(DeployError);
    expect((caught as DeployError).message.length).toBeLessThan(500);
  });

  it('shows control characters and text direction marks as escapes', () => {
    const caught = thrownBy(() => parseImageReference('a\u007f\u009b31m\u202e/\u{e0001}b\n"'));
    const { message } = caught as DeployError;
    expect(message).toContain(String.raw`"a\u007f\u009b31m\u202e/\udb40\udc01b\n\""`);
  });

  it('takes no longer for hostile separators', () => {
    const started = performance.now();
    expect(() => parseImageReference(`${'a-'.repeat(50_000)}!`)).toThrow(DeployError);
    expect(() => parseImageReference(`x.${'a-'.repeat(50_000)}!/web`)).toThrow(DeployError);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('the canonical repository', () => {
  it('is the same for every spelling of a repository', () => {
    for (const input of [
      'nginx',
      'nginx:1',
      'library/nginx',
      `docker.io/nginx@${SHA256}`,
      'index.docker.io/library/nginx:1',
    ]) {
      expect(canonicalRepository(input)).toBe('docker.io/library/nginx');
    }
  });

  it('parses to itself', () => {
    for (const [, input] of ACCEPTED) {
      const repository = canonicalRepository(input);
      expect(repositoryOf(parseImageReference(repository))).toBe(repository);
    }
  });
});

describe('isTag and isDigest', () => {
  it('accept well-formed input only', () => {
    expect(isTag('v1.2.3')).toBe(true);
    expect(isTag('')).toBe(false);
    expect(isTag('a/b')).toBe(false);
    expect(isDigest(SHA256)).toBe(true);
    expect(isDigest(SHA512)).toBe(true);
    for (const text of ['', HEX, `sha256:${HEX}:x`, 'sha256:', `SHA256:${HEX}`, 'toString:']) {
      expect(isDigest(text), text).toBe(false);
    }
  });
});

/** The larger table of the upstream grammar, if it is present beside the project. */
const UPSTREAM_TABLE = new URL('../../../shared/data/image-references.json', import.meta.url);

describe.runIf(existsSync(UPSTREAM_TABLE))('the upstream table', () => {
  const cases = existsSync(UPSTREAM_TABLE) ? upstreamCases() : [];

  it('is complete', () => {
    expect(cases.length).toBeGreaterThanOrEqual(66);
  });

  it.each(cases.map((entry) => [entry.input, entry] as const))('%j', (input, entry) => {
    if (entry.err !== undefined) {
      expect(() => parseImageReference(input)).toThrow(DeployError);
    } else {
      const { domain, path, tag, digest } = entry;
      expect(parseImageReference(input)).toEqual({ domain, path, tag, digest });
    }
  });
});

interface UpstreamCase extends ImageReference {
  readonly input: string;
  /** Set if the input must be refused. */
  readonly err?: string;
}

function upstreamCases(): readonly UpstreamCase[] {
  return JSON.parse(readFileSync(UPSTREAM_TABLE, 'utf8')) as readonly UpstreamCase[];
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return null;
}
