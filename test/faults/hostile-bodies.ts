import { aDockerHubPush } from '../support/docker-hub.js';
import type { Dice } from './dice.js';

const ESCAPES = [
  '\u001b[2J\u001b[31m',
  '\n',
  '\r\n{"level":"fatal"}\n',
  '\0',
  '\u009b31m',
  '\u202e',
];
const NAMES = ['acme/web', 'library/nginx', 'nginx', 'a/b', `${'long'.repeat(60)}/x`];
const TAGS = ['latest', 'v1', '1.2.3', 'x'.repeat(128), 'x'.repeat(129)];
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5e308,
  '',
  [],
  {},
  [[[]]],
  { toString: 1 },
  'x',
];

/** A sound body of Docker Hub, in one of many variants. */
export function soundBody(dice: Dice): Buffer {
  return Buffer.from(JSON.stringify(soundPush(dice)));
}

function soundPush(dice: Dice): Fields {
  const push = { repository: dice.one(NAMES), tag: dice.one(TAGS), pushedAt: dice.below(2 ** 31) };
  return aDockerHubPush(push) as Fields;
}

type Fields = Record<string, Record<string, unknown>>;

/** Ways of spoiling a body, by their names in docs/reliability.md. Each is deterministic in its dice. */
export const BODY_MUTATIONS: Readonly<Record<string, (dice: Dice) => Buffer>> = {
  'flipped bits': (dice) => {
    const body = soundBody(dice);
    for (let flips = dice.between(1, 8); flips > 0; flips -= 1) {
      const at = dice.below(body.length);
      body[at] = (body[at] ?? 0) ^ (1 << dice.below(8));
    }
    return body;
  },
  'cut off': (dice) => {
    const body = soundBody(dice);
    return body.subarray(0, dice.below(body.length));
  },
  'nested deeply': (dice) => {
    const depth = dice.one([10, 500, 5_000, 50_000]);
    const [open, close] = dice.one([
      ['[', ']'],
      ['{"repository":', '}'],
      ['{"push_data":[', ']}'],
    ]);
    const inner = dice.one(['1', '', '{"tag":"latest"}']);
    return Buffer.from(
      open.repeat(depth) + inner + (dice.below(2) === 0 ? '' : close.repeat(depth)),
    );
  },
  'huge numbers': (dice) => {
    const digits = '9'.repeat(dice.one([20, 400, 20_000]));
    const number = dice.one([digits, `-${digits}`, `1e${digits}`, `0.${digits}`, `${digits}e-9`]);
    return spliced(dice, soundBody(dice), /:(?:null|0|\d+|"[^"]*")/g, () => `:${number}`);
  },
  'wrong types': (dice) => {
    const push = soundPush(dice);
    for (let changes = dice.between(1, 3); changes > 0; changes -= 1) {
      const section = dice.one(['push_data', 'repository']);
      const odd = dice.one(ODD);
      if (dice.below(4) === 0) push[section] = odd as Record<string, unknown>;
      else push[section] = { ...push[section], [dice.one(FIELDS)]: odd };
    }
    return Buffer.from(JSON.stringify(push));
  },
  'keys twice': (dice) =>
    spliced(
      dice,
      soundBody(dice),
      /"(tag|repo_name|name|namespace|push_data|repository)":/g,
      (key) => `${key}${JSON.stringify(dice.one([...NAMES, ...TAGS, ...ODD]))},${key}`,
    ),
  'names of prototypes': (dice) => {
    const name = dice.one(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']);
    const value = dice.one(['{"tag":"latest","repo_name":"acme/web"}', '1', '{"__proto__":{}}']);
    return spliced(
      dice,
      soundBody(dice),
      /[{,]"/g,
      (start) => `${start[0] ?? ''}"${name}":${value},"`,
    );
  },
  'not UTF-8': (dice) => {
    const body = soundBody(dice);
    const at = dice.below(body.length);
    const bad = dice.one([
      [0xff],
      [0xc3, 0x28],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x80],
    ]);
    return Buffer.concat([body.subarray(0, at), Buffer.from(bad), body.subarray(at)]);
  },
  'another encoding': (dice) => {
    const text = soundBody(dice).toString();
    const mark = dice.one(['', '\ufeff']);
    return Buffer.from(mark + text, dice.one(['utf16le', 'utf8', 'latin1']));
  },
  'control characters': (dice) => {
    const push = soundPush(dice);
    const escape = dice.one(ESCAPES);
    const at = (text: unknown): string => {
      const place = dice.below(String(text).length + 1);
      return String(text).slice(0, place) + escape + String(text).slice(place);
    };
    const { push_data: data = {}, repository = {} } = push;
    if (dice.below(2) === 0) data['tag'] = at(data['tag']);
    else repository['repo_name'] = at(repository['repo_name']);
    const text = JSON.stringify(push);
    // As JSON escapes it, and as no JSON may hold it.
    return Buffer.from(dice.below(4) === 0 ? text.replace(/\\u001b|\\n|\\r/g, '\u001b\n') : text);
  },
  'no JSON at all': (dice) => dice.bytes(dice.below(400)),
  large: (dice) => {
    const size = dice.one([100_000, 1_000_000, 1_048_576, 1_048_577, 1_200_000]);
    const body = soundBody(dice);
    return Buffer.concat([body, Buffer.alloc(Math.max(0, size - body.length), ' ')]);
  },
  sound: soundBody,
};

const FIELDS = [
  'tag',
  'repo_name',
  'name',
  'namespace',
  'media_type',
  'pushed_at',
  'images',
  'pusher',
];

/** With one of the places that the expression finds changed. */
function spliced(
  dice: Dice,
  body: Buffer,
  places: RegExp,
  change: (found: string) => string,
): Buffer {
  const text = body.toString();
  const found = dice.one([...text.matchAll(places)]);
  const { index } = found;
  return Buffer.from(text.slice(0, index) + change(found[0]) + text.slice(index + found[0].length));
}
