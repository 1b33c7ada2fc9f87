import type { Asked, Fault, Misdeed } from './faulty-registry.js';

/** One way in which a registry goes wrong, and what Deploy must make of it. */
export interface Trouble {
  readonly what: string;
  readonly fault: Fault | 'babble';
  /** `waits`: for the registry, until it is well again. Else the error code with which the deployment fails. */
  readonly leadsTo: 'waits' | 'succeeds' | readonly string[];
  /** Takes too long, or differs too little from another, for every run. */
  readonly isLong?: boolean;
}

type Which = (asked: Asked) => boolean;

const isLookup: Which = ({ isEngine, url }) => !isEngine && url.includes('/manifests/');
const isHead: Which = (asked) => isLookup(asked) && asked.method === 'HEAD';
const isPulledManifest: Which = ({ isEngine, url }) => isEngine && url.includes('/manifests/');
const isPulledBlob: Which = ({ isEngine, url }) => isEngine && url.includes('/blobs/');
const isPull: Which = ({ isEngine }) => isEngine;

const whenever =
  (which: Which, misdeed: Misdeed): Fault =>
  (asked) =>
    which(asked) ? misdeed : null;

const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`;
const TOO_MANY = JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'slow down' }] });

/** Every request needs a token, and this is how the token service behaves. */
function behindTokens(
  which: Which,
  token: () => Misdeed,
  takes: (token: string) => boolean,
): Fault {
  return (asked, host) => {
    if (asked.url.startsWith('/token')) return token();
    if (!which(asked) || takes(asked.authorization?.replace('Bearer ', '') ?? '')) return null;
    const challenge = `Bearer realm="http://${host}/token",service="tests",scope="repository:x:pull"`;
    return { status: 401, headers: { 'www-authenticate': challenge } };
  };
}

function tokenAnswer(token: string): Misdeed {
  return { status: 200, body: JSON.stringify({ token, access_token: token, expires_in: 300 }) };
}

/** The first is taken once, then none of before is: it has expired before its time. */
function expiring(which: Which): Fault {
  let issued = 0;
  let used = 0;
  return behindTokens(
    which,
    () => tokenAnswer(`token-${String((issued += 1))}`),
    (token) => token === `token-${String(issued)}` && (used += 1) > 0,
  );
}

/** While Deploy asks which digest the tag has. */
export const LOOKUP_TROUBLES: readonly Trouble[] = [
  { what: 'answers 500', fault: whenever(isLookup, { status: 500 }), leadsTo: 'waits' },
  {
    what: 'answers 503 with a page',
    fault: whenever(isLookup, { status: 503, body: '<html>' }),
    leadsTo: 'waits',
    isLong: true,
  },
  {
    what: 'answers 429 with Retry-After',
    fault: whenever(isLookup, { status: 429, headers: { 'retry-after': '2' }, body: TOO_MANY }),
    leadsTo: 'waits',
  },
  { what: 'does not answer', fault: whenever(isLookup, 'hang'), leadsTo: 'waits', isLong: true },
  { what: 'closes instead of answering', fault: whenever(isLookup, 'cut'), leadsTo: 'waits' },
  { what: 'speaks neither TLS nor HTTP', fault: 'babble', leadsTo: 'waits' },
  {
    what: 'redirects in a circle',
    fault: (asked) => (isLookup(asked) ? { status: 307, headers: { location: asked.url } } : null),
    leadsTo: 'waits',
    isLong: true,
  },
  {
    what: 'redirects to a private address',
    fault: whenever(isLookup, { status: 307, headers: { location: 'http://10.255.255.1/x' } }),
    leadsTo: 'waits',
    isLong: true,
  },
  {
    what: 'breaks off a manifest',
    fault: (asked) => (isHead(asked) ? { status: 405 } : isLookup(asked) ? 'half' : null),
    leadsTo: 'waits',
  },
  {
    what: 'sends another manifest than its digest says',
    fault: (asked) => {
      if (isHead(asked)) return { status: 405 };
      return isLookup(asked)
        ? {
            change: ({ headers, body }) => ({
              headers: { ...headers, 'content-length': String(body.length + 1) },
              body: Buffer.concat([body, Buffer.from(' ')]),
            }),
          }
        : null;
    },
    leadsTo: 'waits',
    isLong: true,
  },
  {
    what: 'names a malformed digest',
    fault: whenever(isLookup, {
      change: ({ headers, body }) => ({
        headers: { ...headers, 'docker-content-digest': 'sha256:1' },
        body,
      }),
    }),
    leadsTo: 'waits',
    isLong: true,
  },
  {
    what: 'names the digest of nothing',
    fault: whenever(isHead, {
      change: ({ headers, body }) => ({
        headers: { ...headers, 'docker-content-digest': OTHER_DIGEST },
        body,
      }),
    }),
    leadsTo: ['pull-failed'],
  },
  { what: 'answers 403', fault: whenever(isLookup, { status: 403 }), leadsTo: ['registry-auth'] },
  {
    what: 'takes no token, however fresh',
    fault: behindTokens(
      isLookup,
      () => tokenAnswer('useless'),
      () => false,
    ),
    leadsTo: ['registry-auth'],
    isLong: true,
  },
  { what: 'lets tokens expire before their time', fault: expiring(isLookup), leadsTo: 'succeeds' },
  {
    what: 'gives half a token',
    fault: behindTokens(
      isLookup,
      () => ({ status: 200, body: '{"token":"abc' }),
      () => false,
    ),
    leadsTo: 'waits',
  },
  {
    what: 'gives tokens with 500',
    fault: behindTokens(
      isLookup,
      () => ({ status: 500 }),
      () => false,
    ),
    leadsTo: 'waits',
    isLong: true,
  },
  {
    what: 'gives no tokens to anybody (401)',
    fault: behindTokens(
      isLookup,
      () => ({ status: 401 }),
      () => false,
    ),
    leadsTo: ['registry-auth'],
    isLong: true,
  },
  {
    what: 'has no such tag (404)',
    fault: whenever(isLookup, {
      status: 404,
      headers: { 'content-type': 'application/json' },
      body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}',
    }),
    leadsTo: ['tag-not-found'],
  },
];

/** While the engine pulls, after a look-up that went well. */
export const PULL_TROUBLES: readonly Trouble[] = [
  { what: 'answers 500', fault: whenever(isPull, { status: 500 }), leadsTo: ['pull-failed'] },
  {
    what: 'answers 429 with Retry-After',
    fault: whenever(isPulledManifest, {
      status: 429,
      headers: { 'retry-after': '2' },
      body: TOO_MANY,
    }),
    leadsTo: ['pull-failed'],
    isLong: true,
  },
  {
    what: 'closes instead of answering',
    fault: whenever(isPull, 'cut'),
    leadsTo: ['pull-failed'],
    isLong: true,
  },
  {
    what: 'does not answer',
    fault: whenever(isPulledBlob, 'hang'),
    leadsTo: ['pull-failed'],
    isLong: true,
  },
  {
    what: 'redirects in a circle',
    fault: (asked) =>
      isPulledManifest(asked) ? { status: 307, headers: { location: asked.url } } : null,
    leadsTo: ['pull-failed'],
  },
  {
    what: 'breaks off a manifest',
    fault: whenever(isPulledManifest, 'half'),
    leadsTo: ['pull-failed'],
    isLong: true,
  },
  {
    what: 'breaks off a layer',
    fault: whenever(isPulledBlob, 'half'),
    leadsTo: ['pull-failed'],
    isLong: true,
  },
  {
    what: 'sends another layer than its digest says',
    fault: whenever(isPulledBlob, {
      change: ({ headers, body }) => {
        const changed = Buffer.from(body);
        changed[0] = (changed[0] ?? 0) ^ 1;
        return { headers, body: changed };
      },
    }),
    leadsTo: ['pull-failed'],
  },
  {
    what: 'sends another manifest than its digest says',
    fault: whenever(isPulledManifest, {
      change: ({ headers, body }) => ({
        headers: { ...headers, 'content-length': String(body.length + 1) },
        body: Buffer.concat([body, Buffer.from(' ')]),
      }),
    }),
    leadsTo: ['pull-failed'],
    isLong: true,
  },
  {
    what: 'takes no token, however fresh',
    fault: behindTokens(
      isPull,
      () => tokenAnswer('useless'),
      () => false,
    ),
    leadsTo: ['registry-auth', 'pull-failed'],
  },
  {
    what: 'gives half a token',
    fault: behindTokens(
      isPull,
      () => ({ status: 200, body: '{"token":"abc' }),
      () => false,
    ),
    leadsTo: ['pull-failed'],
    isLong: true,
  },
  {
    what: 'has lost the image (404)',
    fault: whenever(isPulledManifest, {
      status: 404,
      body: '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}',
    }),
    leadsTo: ['pull-failed', 'tag-not-found'],
  },
];
