import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Fault } from '../../../src/config/fault.js';
import { property, PROPERTY_TIMEOUT_MS } from '../../support/property-runs.js';
import { ConfigurationFolder } from '../config/configuration-folder.js';
import { bitten } from './reference-grammar.js';

/** Part of every secret value, and of nothing else. */
const CANARY = 'CANARY';
const secretOf = (name: string): string => `${CANARY}-${name}-0123456789abcdef`;

const ENVIRONMENT = {
  HUB_SECRET: secretOf('hub'),
  CI_TOKEN: secretOf('ci'),
  HUB_PASSWORD: secretOf('password'),
  DEPLOY_ADMIN_TOKEN: secretOf('admin'),
};

/** A valid configuration that uses every kind of section. */
const VALID = {
  server: {
    publicUrl: 'https://deploy.example.com',
    trustedProxies: ['10.0.0.0/8', '::1'],
    throttle: { webhook: { limit: 120, per: '1m' }, failedAuth: { limit: 0 } },
  },
  storage: 'sqlite:./data/deploy.db',
  access: {
    tokens: [
      { name: 'ci', role: 'operator', secret: '${CI_TOKEN}', environments: ['staging'] },
      { name: 'spy', role: 'viewer', secret: secretOf('inline') },
    ],
  },
  engines: {
    local: {},
    far: { host: 'tcp://10.0.0.5:2375', insecure: true },
  },
  registries: {
    'docker.io': { username: 'acme', password: '${HUB_PASSWORD}' },
    'localhost:5000': {},
  },
  webhooks: {
    hub: {
      type: 'docker-hub',
      secret: ['${HUB_SECRET}', secretOf('rotated')],
      allowFrom: ['203.0.113.0/24'],
      environments: ['staging'],
    },
  },
  environments: {
    staging: {
      engine: 'local',
      policy: {},
      rollout: { onFailure: 'leave', health: { timeout: '60s', http: { port: 80, path: '/up' } } },
      services: {
        web: { container: 'web', image: 'acme/web', tag: 'latest' },
        api: {
          container: 'api',
          image: 'ghcr.io/acme/api',
          tag: { semver: '^1.4' },
          rollout: {
            strategy: 'start-first',
            watch: '0s',
            drain: { signal: 'SIGUSR1', wait: '5s' },
          },
        },
      },
    },
    production: {
      engine: 'far',
      services: { web: { container: 'web', image: 'acme/web', tag: { regex: '^v\\d+$' } } },
    },
  },
};

type Tree = Record<string, unknown> | unknown[];

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** Values that replace another one, as YAML may contain them. */
const scrap = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, Infinity, '', '~', [], {}, [[]], {
    a: 1,
  }),
  fc.constantFrom<unknown>('${NOBODY}', '${HUB_SECRET}', '${', '${HUB_SECRET:-x}', '${file:/none}'),
  fc.constantFrom<unknown>(
    '1m',
    '5000d',
    'latest',
    'local',
    'web',
    '10.0.0.0/33',
    'http://x',
    '<<',
  ),
  fc.constantFrom<unknown>('__proto__', 'constructor', { toString: 1 }),
  fc.string({ unit: 'binary', maxLength: 90 }),
  fc.jsonValue({ maxDepth: 3 }),
);
const KEYS = 'server|engine|host|secret|tag|image|rollout|health|services|a b|ü|constructor|<<|';

/** One change of a tree, at a position chosen by the numbers. */
const mutation = fc.record({
  way: fc.constantFrom('replace', 'drop', 'rename', 'add', 'copy'),
  path: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
  key: fc.oneof(fc.constantFrom(...KEYS.split('|')), fc.string({ maxLength: 5 })),
  value: scrap,
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(tree: Tree, { way, path, key, value }: Mutation): void {
  let place = tree;
  let name = '';
  for (const step of path) {
    const names = Object.keys(place);
    name = names[step % Math.max(names.length, 1)] ?? key;
    const child = (place as Record<string, unknown>)[name];
    // A secret stays in place: anywhere else it would not count as one.
    if (isTree(child) && !(Array.isArray(child) && name === 'secret')) place = child;
    else break;
  }
  if (name === 'secret') return;
  if (Array.isArray(place) && place.length === 0) name = '0';
  const at = place as Record<string, unknown>;
  // A list has no keys: "constructor" would be its own property.
  const added = Array.isArray(place) ? String(place.length) : key;
  if (way === 'replace') at[name] = value;
  else if (way === 'add') at[added] = value;
  else if (way === 'copy') at[added] = Object.hasOwn(at, name) ? structuredClone(at[name]) : null;
  else if (Array.isArray(place)) place.splice(Number(name), 1);
  else {
    if (way === 'rename') at[key] = at[name];
    Reflect.deleteProperty(at, name);
  }
}

const mutated = fc.array(mutation, { maxLength: 4 }).map((mutations) => {
  const tree = structuredClone(VALID) as Tree;
  for (const each of mutations) mutate(tree, each);
  return tree;
});
const style = fc.record({
  indent: fc.integer({ min: 1, max: 4 }),
  collectionStyle: fc.constantFrom('any', 'block', 'flow'),
  defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL'),
  lineWidth: fc.constantFrom(0, 20, 80),
});
const yaml = fc
  .tuple(mutated, style)
  .map(([tree, { indent, collectionStyle, defaultStringType, lineWidth }]) =>
    stringify(tree, { indent, collectionStyle, defaultStringType, lineWidth }),
  );

function checkFaults(faults: readonly Fault[], text: string, file: string): void {
  const lines = text.split(/\r\n|[\r\n]/);
  expect(faults.length).toBeGreaterThan(0);
  for (const fault of faults) {
    expect(fault.file).toBe(file);
    const line = lines[fault.line - 1];
    expect(line, `line ${fault.line} of ${lines.length}`).toBeDefined();
    expect(fault.column).toBeGreaterThanOrEqual(1);
    expect(fault.column).toBeLessThanOrEqual((line ?? '').length + 1);
    expect(`${fault.path}${fault.message}`).not.toMatch(/\p{Cc}/u);
    expect(fault.message).not.toBe('');
  }
}

describe('any change of a valid configuration', { timeout: PROPERTY_TIMEOUT_MS }, () => {
  it('starts from a valid one', () => {
    const { tokens } = new ConfigurationFolder().write(stringify(VALID)).sound(ENVIRONMENT);
    expect(tokens).toHaveLength(3);
  });

  it('of its values gives a configuration, or faults with a position in the file and without secrets', () => {
    const folder = new ConfigurationFolder();
    property(100, [yaml], (text) => {
      const loaded = folder.write(text).load(ENVIRONMENT);
      if (!('faults' in loaded)) return;
      checkFaults(loaded.faults, text, folder.file);
      expect(JSON.stringify(loaded.faults)).not.toContain(CANARY);
    });
  });

  it('of its text does so too, with secrets only under their keys', () => {
    const folder = new ConfigurationFolder();
    property(100, [bitten(yaml)], (text) => {
      const loaded = folder.write(text).load(ENVIRONMENT);
      if (!('faults' in loaded)) return;
      checkFaults(loaded.faults, new TextDecoder().decode(Buffer.from(text)), folder.file);
      const told = JSON.stringify(loaded.faults);
      for (const secret of Object.values(ENVIRONMENT)) expect(told).not.toContain(secret);
    });
  });

  it('of its bytes does so too', () => {
    const folder = new ConfigurationFolder();
    const bytes = fc
      .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.option(fc.nat(3_000)))
      .map(([changes, cut]) => {
        const found = Buffer.from(stringify(VALID)).subarray(0, cut ?? undefined);
        for (const [place, byte] of changes) found[place % Math.max(found.length, 1)] = byte;
        return found;
      });
    property(100, [bytes], (content) => {
      const loaded = folder.write(content).load(ENVIRONMENT);
      if (!('faults' in loaded)) return;
      checkFaults(loaded.faults, content.toString('utf8'), folder.file);
      const told = JSON.stringify(loaded.faults);
      for (const secret of Object.values(ENVIRONMENT)) expect(told).not.toContain(secret);
    });
  });
});
