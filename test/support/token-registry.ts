import { isTokenRequest, MANIFEST } from './fake-registry.js';
import type { FakeAnswer, FakeHandler, FakeRequest } from './fake-server.js';

/** What the token service gives out, unless it is told otherwise. */
export const TOKEN = 'canary-bearer-0003';

interface TokenRegistry {
  /** What the token service answers. */
  token?: (request: FakeRequest) => FakeAnswer;
  /** Whether the registry takes this `Authorization`. */
  takes?: (authorization: string | undefined) => boolean;
  /** The whole challenge, with `HOST` for the registry's own. */
  challenge?: string;
  /** Status of a refusal. */
  refusal?: number;
}

/** A registry with a Bearer challenge and its token service on the same host. */
export function aTokenRegistry(options: TokenRegistry = {}): FakeHandler {
  const {
    token = () => ({ status: 200, body: JSON.stringify({ token: TOKEN, expires_in: 300 }) }),
    takes = (authorization) => authorization === `Bearer ${TOKEN}`,
    challenge = 'Bearer realm="http://HOST/token",service="the registry, ours",scope="repository:acme/web:pull,push"',
    refusal = 401,
  } = options;
  return (request) => {
    if (isTokenRequest(request)) return token(request);
    if (takes(request.headers.authorization)) return MANIFEST;
    const host = request.headers.host ?? '';
    return {
      status: refusal,
      headers: { 'www-authenticate': challenge.replaceAll('HOST', host) },
    };
  };
}
