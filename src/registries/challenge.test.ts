import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge.js';

const bearer = (realm: string, service: string | null = null) => ({
  kind: 'bearer',
  realm,
  service,
});

describe('parseChallenges', () => {
  it.each([
    [
      'commas and spaces inside quotes',
      'Bearer realm="https://a.example/t?x=1,2",service="ours, all",scope="repository:a/b:pull,push repository:c:pull"',
      [bearer('https://a.example/t?x=1,2', 'ours, all')],
    ],
    [
      'scheme and names in any case, with spaces around the equals sign',
      'BEARER Realm = "https://a.example" , SERVICE=plain',
      [bearer('https://a.example', 'plain')],
    ],
    [
      'escaped characters',
      String.raw`Bearer realm="https://a.example/\"x\\y"`,
      [bearer(String.raw`https://a.example/"x\y`)],
    ],
    ['Basic', 'Basic realm="Registry"', [{ kind: 'basic' }]],
    ['Basic alone', 'Basic', [{ kind: 'basic' }]],
    [
      'two in one header',
      'Basic realm="a, b", Bearer realm="https://a.example",service="s"',
      [{ kind: 'basic' }, bearer('https://a.example', 's')],
    ],
    [
      'unknown ones beside it',
      'Negotiate YII==, Digest realm="x", nonce="y", Bearer realm="https://a.example"',
      [bearer('https://a.example')],
    ],
    ['no realm', 'Bearer service="s"', []],
    ['an empty realm', 'Bearer realm=""', []],
    ['a parameter of nothing', 'realm="https://a.example"', []],
    ['an open quote', 'Bearer realm="https://a.example', []],
    ['rubbish', '"", ;;;', []],
    ['nothing', '', []],
  ])('reads %s', (_what, header, expected) => {
    expect(parseChallenges(header)).toEqual(expected);
  });

  it('reads several headers, and none', () => {
    expect(parseChallenges(['Basic realm="x"', 'Bearer realm="https://a.example"'])).toEqual([
      { kind: 'basic' },
      bearer('https://a.example'),
    ]);
    expect(parseChallenges(undefined)).toEqual([]);
  });

  it('is fast on hostile input', () => {
    const started = performance.now();
    for (const header of [
      `Bearer realm="${'\\'.repeat(15_000)}`,
      'a '.repeat(8_000),
      `Bearer ${'x=", '.repeat(3_000)}`,
    ]) {
      parseChallenges(header);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});
