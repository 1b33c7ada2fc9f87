import { isIPv6 } from 'node:net';
import type { ListenAddress } from '../domain/settings/configuration.js';

/** The accepted forms, for messages. */
export const LISTEN_FORMS =
  'an address to listen on; write host:port, e.g. 127.0.0.1:8080, [::1]:8080 or :8080';

const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** `host:port`, `[IPv6]:port` or `:port` (every address); null for any other text. Port 0 lets the system choose. */
export function parseListenAddress(text: string): ListenAddress | null {
  const match = /^(?:\[([^[\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const [, bracketed, name] = match;
  const port = Number(match[3]);
  if (port > 65_535) return null;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : null;
  const host = name ?? '';
  return host === '' || HOST.test(host) ? { host, port } : null;
}
