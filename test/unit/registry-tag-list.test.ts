import { describe, expect, it } from 'vitest';
import {
  RegistryWorld,
  aRegistryLogin,
  basic,
  failureOf,
  isTokenRequest,
  untilDone,
} from '../support/fake-registry.js';
import type { FakeAnswer, FakeHandler, FakeServer } from '../support/fake-server.js';

const world = RegistryWorld.forEachTest();

const FIRST = '/v2/acme/web/tags/list?n=1000';

/** A page of tags, and the `Link` header to the next. */
function page(tags: unknown, link?: string | string[]): FakeAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...(link === undefined ? {} : { link }) },
    body: JSON.stringify({ name: 'acme/web', tags }),
  };
}

/** Asks for the tags of `acme/web` at a registry that answers like this. */
async function list(
  handler: FakeHandler,
): Promise<{ server: FakeServer; result: Promise<readonly string[]> }> {
  const server = await world.server(handler);
  const { tags } = world.registries();
  const result = tags.tagsOf(`${server.host}/acme/web`, untilDone());
  // The caller awaits it; until then it must not count as unhandled.
  result.catch(() => undefined);
  return { server, result };
}

/** Answers by path and query; anything else is not there. */
function pages(answers: Readonly<Record<string, FakeAnswer>>): FakeHandler {
  return ({ url }) => answers[url] ?? { status: 404 };
}

describe('the tags of a repository', () => {
  it('come from one request if they fit into one page', async () => {
    const { server, result } = await list(() => page(['latest', '1.0.0', 'v2']));
    expect(await result).toEqual(['latest', '1.0.0', 'v2']);
    expect(server.log).toEqual([`GET ${FIRST}`]);
    expect(server.requests[0]?.headers.accept).toBe('application/json');
  });

  it('are none if the registry answers null, as for an empty repository', async () => {
    expect(await (await list(() => page(null))).result).toEqual([]);
  });

  it('are unique and valid', async () => {
    const { result } = await list(() => page(['a', 'a', '', '.b', 'c/d', 'e'.repeat(129), 'f']));
    expect(await result).toEqual(['a', 'f']);
  });

  it.each([
    ['a path', '</v2/acme/web/tags/list?last=a&n=1>; rel="next"'],
    ['a query alone', '<?last=a&n=1>; rel="next"'],
    ['a relation without quotes', '</v2/acme/web/tags/list?last=a&n=1>;rel=next'],
    ['several relations', '</v2/acme/web/tags/list?last=a&n=1>; rel="last NEXT"; title="x"'],
    ['several links in a header', '</x?a,b>; rel="first", <?last=a&n=1>; rel="next"'],
    ['several headers', ['</x>; rel="prev"', '<?last=a&n=1>; title="y"; rel="next"']],
  ])('continue by a link that is %s', async (_what, link) => {
    const { server, result } = await list(
      pages({
        [FIRST]: page(['a'], link),
        '/v2/acme/web/tags/list?last=a&n=1': page(['b']),
      }),
    );
    expect(await result).toEqual(['a', 'b']);
    expect(server.log).toHaveLength(2);
  });

  it.each(['</x>; rel="prev"', '/v2/x; rel="next"', '<>', 'rubbish', '</x>; rel="nextish"'])(
    'end where no link leads on: %s',
    async (link) => {
      expect(await (await list(() => page(['a'], link))).result).toEqual(['a']);
    },
  );

  it('continue by an absolute URL of the same registry and after an empty page', async () => {
    const server: FakeServer = await world.server(({ url }) => {
      if (url === FIRST) return page(['a'], `<http://${server.host}/v2/two>; rel="next"`);
      return url === '/v2/two' ? page([], '</v2/three>; rel="next"') : page(['c']);
    });
    const { tags } = world.registries();
    expect(await tags.tagsOf(`${server.host}/acme/web`, untilDone())).toEqual(['a', 'c']);
  });
});

describe('a misleading tag list', () => {
  it('is not followed to another host, with or without a login', async () => {
    const other = await world.server(() => page(['x']));
    const host: { name: string } = { name: '' };
    const server = await world.server(({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : page(['a'], `<http://${host.name}/v2/acme/web/tags/list?last=a>; rel="next"`),
    );
    host.name = other.host;
    const { tags } = world.registries({ registries: [aRegistryLogin(server.host)] });
    const failure = await failureOf(tags.tagsOf(`${server.host}/acme/web`, untilDone()));
    expect(failure.code).toBe('registry-protocol');
    expect(failure.message).toContain(`continues at http://${other.host}`);
    expect(other.log).toEqual([]);
  });

  it.each([
    ['another scheme', '<https://127.0.0.1/v2/x>; rel="next"', 'is not followed'],
    ['an unknown scheme', '<file:///etc/passwd>; rel="next"', 'is not followed'],
    ['no address', '<http://[>; rel="next"', 'an invalid address'],
    ['itself', `<${FIRST}>; rel="next"`, 'repeats a page'],
  ])('is refused if it continues at %s', async (_what, link, said) => {
    const { server, result } = await list(() => page(['a'], link));
    const failure = await failureOf(result);
    expect(failure).toMatchObject({ code: 'registry-protocol', retryable: true });
    expect(failure.message).toContain('the tag list of acme/web');
    expect(failure.message).toContain(said);
    expect(server.log).toHaveLength(1);
  });

  it('is refused if two pages link to each other', async () => {
    const { server, result } = await list(({ url }) =>
      page([url.slice(-1)], url.endsWith('two') ? `<${FIRST}>; rel="next"` : '</two>; rel="next"'),
    );
    expect((await failureOf(result)).message).toContain('repeats a page');
    expect(server.log).toHaveLength(2);
  });

  it('is not followed after a redirect to another port', async () => {
    const other = await world.server(() => page(['a'], '</v2/more>; rel="next"'));
    const { result } = await list(() => ({
      status: 307,
      headers: { location: `http://${other.host}/v2/elsewhere` },
    }));
    expect((await failureOf(result)).code).toBe('registry-protocol');
    expect(other.log.filter((line) => line.includes('more'))).toEqual([]);
  });
});

describe('an endless tag list', () => {
  it('is abandoned after a hundred pages', async () => {
    let number = 0;
    const { server, result } = await list(() => {
      number += 1;
      return page([`t${String(number)}`], `</v2/${String(number)}>; rel="next"`);
    });
    expect((await failureOf(result)).message).toContain('more than 50000 tags or 100 pages');
    expect(server.log).toHaveLength(100);
  });

  it('is abandoned after more than 50000 tags', async () => {
    const tags = Array.from({ length: 50_001 }, (_each, index) => `t${String(index)}`);
    const { result } = await list(() => page(tags));
    expect(await failureOf(result)).toMatchObject({ code: 'registry-protocol' });
  });

  it('is abandoned if a page is too large', async () => {
    const { result } = await list(() => ({
      status: 200,
      body: Buffer.alloc(5 * 1024 * 1024, ' '),
    }));
    const failure = await failureOf(result);
    expect(failure.code).toBe('registry-protocol');
    expect(failure.message).toContain('answered with more than');
  });
});

describe('an invalid tag list', () => {
  it.each([
    ['text', 'tags'],
    ['a list', '["a"]'],
    ['without tags', '{"name":"acme/web"}'],
    ['with tags that are no list', '{"tags":{"a":1}}'],
    ['with something else than texts', '{"tags":["a",1]}'],
    ['cut off', '{"tags":["a"'],
  ])('is refused: %s', async (_what, body) => {
    const { result } = await list(() => ({ status: 200, body }));
    const failure = await failureOf(result);
    expect(failure.code).toBe('registry-protocol');
    expect(failure.message).toContain('is not the JSON');
  });
});

describe('a registry that does not list its tags', () => {
  it('has no such repository', async () => {
    const body = JSON.stringify({ errors: [{ code: 'NAME_UNKNOWN' }] });
    const { result } = await list(() => ({ status: 404, body }));
    const failure = await failureOf(result);
    expect(failure.code).toBe('tag-not-found');
    expect(failure.message).toMatch(/has no repository acme\/web$/);
  });

  it('announces when it may be asked again and is left alone until then', async () => {
    const { server, result } = await list(() => ({ status: 429, headers: { 'retry-after': '7' } }));
    expect(await failureOf(result)).toMatchObject({
      code: 'registry-unavailable',
      retryAfterMs: 7_000,
    });
    expect(server.log).toHaveLength(1);
  });

  it.each([
    [500, 'registry-unavailable'],
    [204, 'registry-protocol'],
    [405, 'registry-protocol'],
    [403, 'registry-auth'],
  ])('with status %i', async (status, code) => {
    expect(await failureOf((await list(() => ({ status }))).result)).toMatchObject({ code });
  });

  it('ends when the caller aborts', async () => {
    const server = await world.server(() => 'hang');
    const caller = new AbortController();
    const reason = new Error('the server stops');
    const result = world.registries().tags.tagsOf(`${server.host}/acme/web`, caller.signal);
    setTimeout(() => {
      caller.abort(reason);
    }, 50);
    await expect(result).rejects.toBe(reason);
  });
});

describe('a tag list behind a login', () => {
  it('is read with one token for all pages', async () => {
    const server: FakeServer = await world.server((request) => {
      if (isTokenRequest(request)) return { status: 200, body: '{"token":"abc"}' };
      if (request.headers.authorization !== 'Bearer abc') {
        const challenge = `Bearer realm="http://${server.host}/token",service="s"`;
        return { status: 401, headers: { 'www-authenticate': challenge } };
      }
      return request.url === FIRST ? page(['a'], '<?last=a>; rel="next"') : page(['b']);
    });
    const { tags } = world.registries({ registries: [aRegistryLogin(server.host)] });
    expect(await tags.tagsOf(`${server.host}/acme/web`, untilDone())).toEqual(['a', 'b']);
    const asked = server.requests.filter(isTokenRequest);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers.authorization).toBe(basic('anna', 'hunter-two-hunter-two'));
    expect(asked[0]?.url).toContain('scope=repository%3Aacme%2Fweb%3Apull');
    expect(server.log).toHaveLength(4);
  });
});

describe('a poll of a registry that allows few more requests', () => {
  it('does not reach it, but a push does', async () => {
    const server = await world.server(() => ({
      status: 200,
      headers: { 'ratelimit-limit': '100;w=3600', 'ratelimit-remaining': '5;w=3600' },
      body: '{"tags":["a"]}',
    }));
    const { tags } = world.registries();
    const name = `${server.host}/acme/web`;
    expect(await tags.tagsOf(name, untilDone())).toEqual(['a']);
    const failure = await failureOf(tags.tagsOf(name, untilDone()));
    expect(failure.code).toBe('registry-unavailable');
    expect(failure.message).toContain('left for pushes');
    expect(failure.retryAfterMs).toBeGreaterThan(300_000);
    expect(await tags.tagsOf(name, untilDone(), 'pushed')).toEqual(['a']);
    expect(server.log).toHaveLength(2);
  });
});
