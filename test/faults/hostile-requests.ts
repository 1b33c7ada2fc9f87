import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { BODY_MUTATIONS, soundBody } from './hostile-bodies.js';
import type { Dice } from './dice.js';

/** One thing to send. */
export interface HostileRequest {
  /** What was done to it, as docs/reliability.md calls it. */
  readonly kind: string;
  readonly bytes: Buffer;
  /**
   * `kept`: one whole request, on a connection that others use after it. `own`: on a connection of its own, whose
   * answers are read until there are `answers`, or it is closed, or the server has been silent for long. `cut`: the
   * connection is closed without waiting for any.
   */
  readonly connection: 'kept' | 'own' | 'cut';
  /** How many there may be at most; 1 where left out. */
  readonly answers?: number;
}

/** Where hostile requests go. */
export interface Target {
  /** Of the webhook, with its secret. */
  readonly path: string;
  readonly secret: string;
}

type Mutation = (dice: Dice, target: Target) => Omit<HostileRequest, 'kind'>;

const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
];
const MORE_TYPES = [
  'application/json; charset=utf-16',
  '',
  '\tapplication/json',
  'x'.repeat(3_000),
];
const ENCODERS = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  raw: deflateRawSync,
};

function head(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function post(path: string, body: Buffer, headers: readonly string[] = []): Buffer {
  const length = `Content-Length: ${String(body.length)}`;
  const lines = [`POST ${path} HTTP/1.1`, 'Host: x', length, ...headers];
  return Buffer.concat([Buffer.from(head(lines), 'latin1'), body]);
}

const kept = (bytes: Buffer): Omit<HostileRequest, 'kind'> => ({ bytes, connection: 'kept' });
const own = (bytes: Buffer): Omit<HostileRequest, 'kind'> => ({ bytes, connection: 'own' });

const REQUEST_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'content types': (dice, { path }) =>
    kept(post(path, soundBody(dice), [`Content-Type: ${dice.one([...TYPES, ...MORE_TYPES])}`])),
  'content encodings': (dice, { path }) => {
    const encode = ENCODERS[dice.one(['gzip', 'deflate', 'br', 'raw'] as const)];
    const plain =
      dice.below(50) === 0 ? Buffer.alloc(dice.one([1_000_000, 30_000_000])) : soundBody(dice);
    const sent = encode(plain);
    const body = dice.below(3) === 0 ? sent.subarray(0, dice.below(sent.length)) : sent;
    const names = [
      'gzip',
      'deflate',
      'br',
      'x-gzip',
      'identity',
      'zstd',
      'gzip, gzip',
      '__proto__',
    ];
    return kept(post(path, body, [`Content-Encoding: ${dice.one(names)}`]));
  },
  chunks: (dice, { path }) => {
    const body = soundBody(dice);
    const begin = head([`POST ${path} HTTP/1.1`, 'Host: x', 'Transfer-Encoding: chunked']);
    const parts: Buffer[] = [Buffer.from(begin)];
    // One chunk of some requests is not what its head says.
    const lies = ['', 'g', 'ffffffffffffffff', '-1', '0', '1;"', '4;x y'];
    let lie = dice.below(3) === 0 ? dice.one(lies) : null;
    for (let at = 0; at < body.length;) {
      const part = body.subarray(at, at + dice.between(1, 90));
      const size = part.length.toString(16);
      const isLie = lie !== null && dice.below(5) === 0;
      const line = isLie ? lie : `${size}${dice.one(['', ';a=b', ';x=y;z="1"'])}`;
      if (isLie) lie = null;
      parts.push(Buffer.from(`${String(line)}\r\n`), part, Buffer.from('\r\n'));
      at += part.length;
    }
    const trailer = dice.one(['', '', 'X-Trailer: 1\r\n', 'Content-Length: 4\r\n']);
    parts.push(Buffer.from(`0\r\n${trailer}\r\n`));
    return own(Buffer.concat(parts));
  },
  'lying lengths': (dice, { path }) => {
    const body = soundBody(dice);
    const { length } = body;
    const values = [
      length,
      length - 1,
      length + 1,
      0,
      -1,
      1_048_577,
      2 ** 53,
      '9'.repeat(30),
      '1, 2',
      '0x10',
    ];
    const lines = [`Content-Length: ${String(dice.one([...values, '', ' ', '+5']))}`];
    if (dice.below(4) === 0) lines.push('Transfer-Encoding: chunked');
    if (dice.below(4) === 0) lines.push(`Content-Length: ${String(length)}`);
    const request = head([`POST ${path} HTTP/1.1`, 'Host: x', ...lines]);
    return own(Buffer.concat([Buffer.from(request), body]));
  },
  'long heads': (dice, { path }) => {
    const length = dice.one([1_000, 8_000, 15_000, 17_000, 100_000]);
    const many = Array.from(
      { length: dice.one([100, 1_900, 3_000]) },
      (_, at) => `X-${String(at)}: y`,
    );
    const where = dice.below(4);
    const body = soundBody(dice);
    if (where === 0) return own(post(`${path}?${'q'.repeat(length)}`, body));
    if (where === 1) return own(post(path, body, [`X-Long: ${'v'.repeat(length)}`]));
    if (where === 2) return own(post(path, body, [`X-${'n'.repeat(length)}: v`]));
    return own(post(path, body, many));
  },
  'odd headers': (dice, { path }) => {
    const lines = [
      'Expect: 100-continue',
      'Expect: something-else',
      'Upgrade: websocket\r\nConnection: Upgrade',
      'Connection: close, Content-Length',
      'X-Forwarded-For: \u00ff\u009b31m, ::::, 1.2.3.4.5',
      'Forwarded: for="_\\""',
      'X-Latin: \u0085\u009b31m\u00ff',
      'Host: y',
      'Cookie: a=b; __proto__=1',
      '__proto__: 1',
      'constructor: 1',
      ' folded: x',
      'X-Bare: a\rb',
      'X Space: 1',
    ];
    return own(post(path, soundBody(dice), [dice.one(lines)]));
  },
  pipelined: (dice, target) => {
    const mutations = Object.values(BODY_MUTATIONS);
    const requests = Array.from({ length: dice.between(2, 6) }, () => {
      const body = dice.below(3) === 0 ? soundBody(dice) : dice.one(mutations)(dice);
      return post(
        dice.below(5) === 0 ? '/webhooks/hub/wrong' : target.path,
        body.subarray(0, 20_000),
      );
    });
    return { ...own(Buffer.concat(requests)), answers: requests.length };
  },
  'flipped bits of the head': (dice, { path }) => {
    const bytes = post(path, soundBody(dice), ['Content-Type: application/json']);
    const end = bytes.indexOf('\r\n\r\n');
    for (let flips = dice.between(1, 4); flips > 0; flips -= 1) {
      const at = dice.below(end);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
    }
    return own(bytes);
  },
  paths: (dice, { path, secret }) => {
    const paths = [
      `${path}/`,
      `${path}/%00`,
      `/webhooks/hub/%ff%fe`,
      `/webhooks/%2e%2e/hub/${secret}`,
      `//webhooks/hub/${secret}`,
      `/webhooks/hub\u009b31m/${secret}`,
      `/\u009b31m\u00ff\u0085/x`,
      `/webhooks/__proto__/${secret}`,
      `/webhooks/hub/${secret}%0a%1b[31m`,
      `/webhooks/hub/${'x'.repeat(4_000)}`,
      `http://other.example${path}`,
      '*',
      `/api/v1/deliveries/%1b[31m`,
      `/api/v1/deployments/${'%c2%9b'.repeat(5)}`,
      `/%`,
    ];
    return own(post(dice.one(paths), soundBody(dice)));
  },
  methods: (dice, { path }) => {
    const methods = [
      'GET',
      'HEAD',
      'PUT',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'CONNECT',
      'PATCH',
      'PRI',
      'post',
    ];
    const text = post(path, soundBody(dice)).toString('latin1');
    const version = dice.one(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9']);
    return own(
      Buffer.from(text.replace('POST', dice.one(methods)).replace('HTTP/1.1', version), 'latin1'),
    );
  },
  'no HTTP at all': (dice) =>
    own(
      dice.one([
        dice.bytes(dice.between(1, 300)),
        Buffer.from('\x16\x03\x01\x02\0\x01\0\x01\xfc', 'latin1'),
      ]),
    ),
  'gone half way': (dice, { path }) => {
    const bytes = post(path, soundBody(dice));
    return { bytes: bytes.subarray(0, dice.between(1, bytes.length)), connection: 'cut' };
  },
};

/** Of a round of trials, so many are of this kind; others once each. */
const WEIGHTS: Readonly<Record<string, number>> = {
  'flipped bits': 6,
  'wrong types': 4,
  pipelined: 2,
};
/** Every so manieth of its kind only: they move a megabyte each. */
const RARE: Readonly<Record<string, number>> = { large: 10 };

const KINDS: readonly string[] = [
  ...Object.keys(BODY_MUTATIONS),
  ...Object.keys(REQUEST_MUTATIONS),
].flatMap((kind) => Array<string>(WEIGHTS[kind] ?? 1).fill(kind));

/** The request of a trial: kinds take turns, everything else is in the dice. */
export function hostileRequest(trial: number, dice: Dice, target: Target): HostileRequest {
  const turn = KINDS[trial % KINDS.length] ?? '';
  const isRare = Math.floor(trial / KINDS.length) % (RARE[turn] ?? 1) !== 0;
  const kind = isRare ? 'sound' : turn;
  const ofBody = BODY_MUTATIONS[kind];
  if (ofBody !== undefined) return { kind, ...kept(post(target.path, ofBody(dice))) };
  const ofRequest = REQUEST_MUTATIONS[kind];
  if (ofRequest === undefined) throw new Error(`there is no mutation ${kind}`);
  return { kind, ...ofRequest(dice, target) };
}
