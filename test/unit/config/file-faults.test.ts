import { describe, expect, it } from 'vitest';
import { faultsOf } from './configuration-folder.js';
import { itReports } from './fault-cases.js';

describe('faults of the file as a whole', () => {
  itReports([
    ['empty', '', '1:1: (file)', 'write {}'],
    ['only comments', '# nothing\n', '1:1: (file)', 'empty'],
    ['only a null', '~\n', '1:1: (file)', 'empty'],
    ['a list', '- a\n', '1:1: (file)', 'must be a map (key: value), not a list'],
    ['a string', '\nhello\n', '2:1: (file)', 'not a single value'],
    ['indented by a tab', 'server:\n\tpublicUrl: x\n', '2:1: (file)', 'tabs'],
    ['an unclosed bracket', 'server: {\n', '2:1: (file)', 'not closed'],
    ['an unclosed quote', 'storage: "x\n', '2:1: (file)', 'closing quote'],
    ['an unquoted reference in braces', 'server: { publicUrl: ${A} }\n', '1:23: (file)', 'quote'],
    ['a missing colon', 'server\nstorage: x\n', '1:1: (file)', 'colon'],
    ['two keys on one line', 'server: storage: x\n', '1:9: (file)', 'break the line'],
    ['a string that begins with @', 'storage: @x\n', '1:10: (file)', 'quotes'],
    ['a wrong escape', 'storage: "\\q"\n', '1:11: (file)', 'single quotes'],
    ['two documents', '{}\n---\n{}\n', '2:1: (file)', 'one document'],
    ['a tag', 'storage: !secret x\n', '1:10: (file)', 'tag'],
    ['an alias without an anchor', 'storage: *x\n', '1:10: (file)', 'no anchor'],
    [
      'nesting that is too deep',
      `server: ${'['.repeat(100)}${']'.repeat(100)}\n`,
      '1:72: (file)',
      'deep',
    ],
    ['a merge key', 'server: &s {}\naccess:\n  <<: *s\n', '3:3: access.<<', 'alias'],
    ['a key that is not a string', '? [a]\n: 1\n', '1:3: (file)', 'a key must be a string'],
    ['a duplicate key', 'server: {}\nserver: {}\n', '2:1: server', 'duplicate'],
    [
      'a duplicate key deep inside',
      'server:\n  throttle: { api: {}, api: {} }\n',
      '2:24: server.throttle.api',
      'duplicate',
    ],
    ['an unknown key', 'envronments: {}\n', '1:1: envronments', 'did you mean environments?'],
    [
      'a key unlike any other',
      'zzzzzzzzzz: {}\n',
      '1:1: zzzzzzzzzz',
      'Allowed here: server, storage,',
    ],
    ['a key with a line break', '"a\\nb": 1\n', '1:1: "a\\nb"', 'unknown key "a\\nb"'],
  ]);

  it('reports where a byte is not UTF-8', () => {
    const text = Buffer.from('# ok\nstorage: "ä€\u{1F600}?"\n');
    text[text.indexOf(0x3f)] = 0xe4;
    expect(faultsOf(text)).toEqual([
      '2:15: (file): this byte is not UTF-8; save the file as UTF-8',
    ]);
  });

  it('counts a single carriage return as a line end, as YAML and editors do', () => {
    expect(faultsOf('storage: "x\ry\r\\q"\n')[0]).toMatch(/^3:1: \(file\): invalid escape/);
    expect(faultsOf(Buffer.from([0x0d, 0x80]))[0]).toMatch(/^2:1: \(file\): this byte /);
  });

  it('quotes defined names that contain a control character', () => {
    const text = 'environments:\n  "\\0a": {}\n  b: { engine: c }\nengines: { "\\0d": {} }\n';
    const faults = faultsOf(text).join('');
    expect(faults).toContain('write "\\u0000d"');
    expect(faults).not.toMatch(/\p{Cc}/u);
  });

  it('accepts a byte order mark and Windows line ends', () => {
    expect(faultsOf('\uFEFFserver:\r\n  throttle: {}\r\nstorage: sqlite:x.db\r\n')).toEqual([]);
    expect(faultsOf('\uFEFFserver:\r\n  nix: 1\r\n')[0]).toMatch(/^2:3: server\.nix: /);
  });
});
