import { describe } from 'vitest';
import { HUB, itReports } from './fault-cases.js';

describe('faults of server, storage and access', () => {
  const token = (rest: string): string => `access:\n  tokens:\n    - ${rest}\n`;
  itReports([
    [
      'a map instead of a string',
      'server: { publicUrl: {} }\n',
      '1:22: server.publicUrl',
      'must be a string, not a map',
    ],
    [
      'a key without a value',
      'server:\n  publicUrl:\n',
      '2:3: server.publicUrl',
      'is empty; write a string',
    ],
    ['another scheme', 'server: { publicUrl: "ftp://x" }\n', '1:22: server.publicUrl', 'https://'],
    [
      'a user name in the URL',
      'server: { publicUrl: "https://a@x" }\n',
      '1:22: server.publicUrl',
      'no user name',
    ],
    [
      'a proxy that is not an address',
      'server: { trustedProxies: [10.0.0.0/8, x] }\n',
      '1:40: server.trustedProxies[1]',
      '"x" is not an IP address',
    ],
    [
      'a prefix that is too long',
      'server: { trustedProxies: [10.0.0.0/33] }\n',
      '1:28: server.trustedProxies[0]',
      'CIDR',
    ],
    [
      'an address that is not in a list',
      'server: { trustedProxies: 10.0.0.1 }\n',
      '1:27: server.trustedProxies',
      'must be a list ([one, two])',
    ],
    [
      'an invalid address to listen on',
      'server: { metricsListen: "9090" }\n',
      '1:26: server.metricsListen',
      'host:port',
    ],
    [
      'a limit below 0',
      'server: { throttle: { api: { limit: -1 } } }\n',
      '1:37: server.throttle.api.limit',
      'from 0',
    ],
    [
      'a fractional limit',
      'server: { throttle: { api: { limit: 1.5 } } }\n',
      '1:37: server.throttle.api.limit',
      '1.5 is not',
    ],
    [
      'an invalid duration',
      'server: { throttle: { api: { per: 1 minute } } }\n',
      '1:35: server.throttle.api.per',
      '500ms, 30s',
    ],
    [
      'a duration of 0',
      'server: { throttle: { webhook: { per: 0s } } }\n',
      '1:39: server.throttle.webhook.per',
      'from 1ms',
    ],
    [
      'an unknown limit',
      'server: { throttle: { hook: {} } }\n',
      '1:23: server.throttle.hook',
      'Allowed here: webhook, api or failedAuth',
    ],
    ['PostgreSQL storage', 'storage: postgres://u:p@h/d\n', '1:10: storage', 'not supported yet'],
    ['unknown storage', 'storage: mysql://u:p@h/d\n', '1:10: storage', 'sqlite:./data/deploy.db'],
    ['in-memory storage', "storage: 'sqlite::memory:'\n", '1:10: storage', 'lose'],
    ['a folder as storage', 'storage: sqlite:data/\n', '1:10: storage', 'path of a file'],
    ['a retention of 0', 'retention: 0\n', '1:12: retention', 'from 1d to 36500d'],
    ['a retention of hours', 'retention: 12h\n', '1:12: retention', 'from 1d to 36500d'],
    [
      'a retention that is too long',
      'retention: 99999999d\n',
      '1:12: retention',
      'from 1d to 36500d',
    ],
    [
      'a token without a name',
      token("{ role: admin, secret: '${A}' }"),
      '3:7: access.tokens[0].name',
      'is missing',
    ],
    [
      'a token without a role',
      token("{ name: a, secret: '${A}' }"),
      '3:7: access.tokens[0].role',
      'viewer, operator or admin',
    ],
    [
      'a token without a secret',
      token('{ name: a, role: admin }'),
      '3:7: access.tokens[0].secret',
      'is missing',
    ],
    [
      'an unknown role',
      token("{ name: a, role: root, secret: '${A}' }"),
      '3:24: access.tokens[0].role',
      '"root"',
    ],
    [
      'a token with a space in its name',
      token("{ name: a b, role: admin, secret: '${A}' }"),
      '3:15: access.tokens[0].name',
      '1 to 63',
    ],
    [
      'a token of an undefined environment',
      token("{ name: a, role: admin, secret: '${A}', environments: [x] }"),
      '3:62: access.tokens[0].environments[0]',
      'no environment "x"',
    ],
    [
      'a token of no environment',
      token("{ name: a, role: admin, secret: '${A}', environments: [] }"),
      '3:61: access.tokens[0].environments',
      'leave the key out',
    ],
    [
      'two tokens with one name',
      `${token("{ name: a, role: admin, secret: '${A}' }")}    - { name: a, role: admin, secret: '\${B}' }\n`,
      '4:15: access.tokens[1].name',
      'already used',
    ],
    [
      'a short token',
      token('{ name: a, role: admin, secret: abcdefghijklmnopqrs }'),
      '3:39: access.tokens[0].secret',
      'shorter than 20',
    ],
    [
      'one secret used twice',
      `${HUB}${token("{ name: a, role: admin, secret: '${A}' }")}`,
      '7:39: access.tokens[0].secret',
      'same as',
    ],
    [
      'a variable that is not set',
      token("{ name: a, role: admin, secret: '${NIX}' }"),
      '3:39: access.tokens[0].secret',
      'the environment variable NIX is not set',
    ],
    [
      'a malformed reference',
      token("{ name: a, role: admin, secret: '${A-b}' }"),
      '3:39: access.tokens[0].secret',
      'malformed',
    ],
    [
      'an unclosed reference',
      token("{ name: a, role: admin, secret: '${A' }"),
      '3:39: access.tokens[0].secret',
      'not closed by }',
    ],
    [
      'a missing secret file',
      token("{ name: a, role: admin, secret: '${file:/nix/s}' }"),
      '3:39: access.tokens[0].secret',
      'cannot be read',
    ],
    [
      'a secret with a line break',
      token('{ name: a, role: admin, secret: "aaaaaaaaaaaaaaaaaaaaaaaa\\n" }'),
      '3:39: access.tokens[0].secret',
      'line break',
    ],
  ]);
});
