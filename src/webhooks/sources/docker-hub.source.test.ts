import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockerHub } from './docker-hub.source.js';
import type { ParsedBody } from './source.js';

function aBody(repository: object, push: object = { tag: 'latest' }): unknown {
  return { push_data: push, repository };
}

function read(json: unknown, registry = 'docker.io'): ParsedBody {
  return dockerHub.read({ json }, { registry });
}

const PUSH = { repository: 'docker.io/acme/web', tag: 'latest', digest: null };

describe('Docker Hub', () => {
  it.each([
    ['only the fields that count', aBody({ repo_name: 'acme/web' })],
    [
      'namespace and name that agree',
      aBody({ repo_name: 'acme/web', namespace: 'acme', name: 'web' }),
    ],
    [
      'odd types of fields that are not used',
      aBody({ repo_name: 'acme/web', comment_count: '0', owner: 7, description: null }),
    ],
    [
      'images that are not digests',
      aBody({ repo_name: 'acme/web' }, { tag: 'latest', images: ['...'], pushed_at: 1.4e9 }),
    ],
    [
      'an image as its media type',
      aBody(
        { repo_name: 'acme/web' },
        { tag: 'latest', media_type: 'application/vnd.docker.container.image.v1+json' },
      ),
    ],
  ])('reads a push from a body with %s', (_, body) => {
    expect(read(body)).toEqual({ pushes: [PUSH] });
  });

  it('takes the registry from the configuration, whatever the body says', () => {
    const body = aBody({ repo_name: 'acme/web', repo_url: 'https://evil.example/acme/web' });
    expect(read(body, 'hub.example.com:5000')).toEqual({
      pushes: [{ ...PUSH, repository: 'hub.example.com:5000/acme/web' }],
    });
  });

  it('knows official images by both names', () => {
    const expected = { pushes: [{ ...PUSH, repository: 'docker.io/library/nginx' }] };
    expect(read(aBody({ repo_name: 'library/nginx', namespace: 'library' }))).toEqual(expected);
    expect(read(aBody({ repo_name: 'nginx', name: 'nginx' }))).toEqual(expected);
  });

  it.each([
    ['nothing', null],
    ['a list', []],
    ['a string', 'acme/web'],
    ['no repository', { push_data: { tag: 'latest' } }],
    ['no tag', aBody({ repo_name: 'acme/web' }, {})],
    ['an empty tag', aBody({ repo_name: 'acme/web' }, { tag: '' })],
    ['a namespace that disagrees', aBody({ repo_name: 'acme/web', namespace: 'evil' })],
    ['a name that disagrees', aBody({ repo_name: 'acme/web', name: 'other' })],
    [
      'a chart',
      aBody(
        { repo_name: 'acme/web' },
        { tag: '1.0.0', media_type: 'application/vnd.cncf.helm.config.v1+json' },
      ),
    ],
    ['a signature', aBody({ repo_name: 'acme/web' }, { tag: `sha256-${'a'.repeat(64)}.sig` })],
    [
      'an attestation without suffix',
      aBody({ repo_name: 'acme/web' }, { tag: `sha256-${'a'.repeat(64)}` }),
    ],
    ['a tag in the repository', aBody({ repo_name: 'acme/web:evil' })],
    ['a digest in the repository', aBody({ repo_name: `acme/web@sha256:${'a'.repeat(64)}` })],
    ['a path out of the registry', aBody({ repo_name: '../../etc/passwd' })],
    ['capital letters', aBody({ repo_name: 'Acme/web' })],
    ['an address with a user', aBody({ repo_name: 'user@evil.example/x' })],
    ['a line break', aBody({ repo_name: 'acme/web\nx' })],
    ['a digest as its tag', aBody({ repo_name: 'acme/web' }, { tag: `sha256:${'a'.repeat(64)}` })],
    [
      'a tag from a prototype',
      aBody({ repo_name: 'acme/web' }, Object.create({ tag: 'latest' }) as object),
    ],
  ])('ignores %s and says why', (_, body) => {
    const result = read(body);
    expect(result).toEqual({ ignored: expect.stringMatching(/\w/) as string });
  });

  it.each(sampleBodies())('reads the sample $file as its index says', ({ body, pushes }) => {
    const result = read(body);
    expect('pushes' in result ? result.pushes : []).toEqual(pushes);
  });
});

interface Sample {
  readonly file: string;
  readonly body: unknown;
  readonly pushes: readonly object[];
}

/** Documented or captured bodies, if a collection of them lies beside the project; else a synthetic one. */
function sampleBodies(): Sample[] {
  const folder = join(import.meta.dirname, '../../../shared/webhooks');
  const own = { file: 'synthetic', body: aBody({ repo_name: 'acme/web' }), pushes: [PUSH] };
  if (!existsSync(folder)) return [own];
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
    file: string;
    expect: { action: string; registry: string; repository: string; tag: string }[] | string;
  }[];
  const found = index.filter(({ file }) => file.startsWith('dockerhub'));
  return found.map(({ file, expect: expected }) => ({
    file,
    body: JSON.parse(readFileSync(join(folder, 'payloads', file), 'utf8')) as unknown,
    pushes: (Array.isArray(expected) ? expected : []).flatMap((each) =>
      each.action === 'deploy-candidate'
        ? [{ repository: `${each.registry}/${each.repository}`, tag: each.tag, digest: null }]
        : [],
    ),
  }));
}
