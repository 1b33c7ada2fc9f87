import fc from 'fast-check';

/**
 * The grammar of distribution/reference (`regexp.go`, `normalize.go`), implemented a second time and anchored, to
 * compare the parser with. Null if the text is not a reference.
 */
export function byGrammar(text: string): Parts | null {
  if (/^[a-f0-9]{64}$/.test(text)) return null;
  const [domain, rest] = split(text);
  const remainder = domain === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  const match = REFERENCE.exec(`${domain}/${remainder}`);
  if (match === null) return null;
  const [, host = '', path = '', tag = null, digest = null] = match;
  if (path.length > 255 || (digest !== null && !isKnownDigest(digest))) return null;
  return { domain: host, path, tag, digest };
}

/** The parts of a reference. */
export interface Parts {
  readonly domain: string;
  readonly path: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

const COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = `(?:${COMPONENT}(?:\\.${COMPONENT})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const REFERENCE = new RegExp(
  `^(${HOST})/(${PATH_COMPONENT}(?:/${PATH_COMPONENT})*)` +
    '(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$',
);

function split(text: string): [domain: string, rest: string] {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const isPath =
    !first.includes('.') &&
    !first.includes(':') &&
    first !== 'localhost' &&
    first.toLowerCase() === first;
  if (slash < 0 || isPath) return ['docker.io', text];
  return [first === 'index.docker.io' ? 'docker.io' : first, text.slice(slash + 1)];
}

function isKnownDigest(digest: string): boolean {
  return /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/.test(digest);
}

const ALNUM = Array.from('abcdefghijklmnopqrstuvwxyz0123456789');
const alphanumeric = fc.string({
  unit: fc.constantFrom(...ALNUM),
  minLength: 1,
  maxLength: 6,
});
const hostComponent = fc.string({
  unit: fc.constantFrom(...ALNUM, 'A', 'Z'),
  minLength: 1,
  maxLength: 8,
});

/** A registry host that the grammar distinguishes from a path. */
export const registryHost: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'ghcr.io', '[fd00::7]:5000', '[::1]:1'),
  fc
    .tuple(hostComponent, hostComponent, fc.option(fc.nat(70_000)))
    .map(([a, b, port]) => `${a}.${b}${port === null ? '' : `:${String(port)}`}`),
  fc.tuple(hostComponent, fc.nat(70_000)).map(([name, port]) => `${name}:${String(port)}`),
);

const pathComponent = fc
  .tuple(
    alphanumeric,
    fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), alphanumeric), { maxLength: 2 }),
  )
  .map(([first, more]) => first + more.flat().join(''));

/** A path in a registry. */
export const repositoryPath: fc.Arbitrary<string> = fc
  .array(pathComponent, { minLength: 1, maxLength: 4 })
  .map((components) => components.join('/'));

/** A valid tag. */
export const tagText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...ALNUM, 'A', 'Z', '_'),
    fc.string({ unit: fc.constantFrom(...ALNUM, 'A', 'Z', '_', '.', '-'), maxLength: 127 }),
  )
  .map((parts) => parts.join(''));

/** A digest of one of the three algorithms. */
export const digestText: fc.Arbitrary<string> = fc
  .constantFrom<[string, number]>(['sha256', 64], ['sha384', 96], ['sha512', 128])
  .chain(([algorithm, length]) =>
    fc
      .string({
        unit: fc.constantFrom(...Array.from('0123456789abcdef')),
        minLength: length,
        maxLength: length,
      })
      .map((hex) => `${algorithm}:${hex}`),
  );

/** A text with a few characters removed, inserted or changed. */
export function bitten(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const scrap = fc.oneof(
    fc.constantFrom('/', ':', '@', '.', '..', '-', '_', '___', '%', ' ', '\n', '\0', '[', ']', 'A'),
    fc.string({ unit: 'binary', maxLength: 2 }),
  );
  const bite = fc.record({ at: fc.nat(), drop: fc.nat(3), put: scrap });
  return fc.tuple(text, fc.array(bite, { maxLength: 3 })).map(([whole, bites]) =>
    bites.reduce((left, { at, drop, put }) => {
      const place = at % (left.length + 1);
      return left.slice(0, place) + put + left.slice(place + drop);
    }, whole),
  );
}
