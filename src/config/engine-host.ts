import { isIPv6 } from 'node:net';

/** An engine's address in normalized form, or why the given one cannot be used. */
export type EngineHost =
  | { readonly kind: 'unix'; readonly host: string }
  | { readonly kind: 'tcp'; readonly host: string }
  | { readonly kind: 'unusable'; readonly problem: string };

/** The accepted forms, for messages. */
const ENGINE_FORMS = 'write unix:///var/run/docker.sock or tcp://10.0.0.5:2376';

/**
 * Parses `unix:///path` and `tcp://host[:port]`; the default port is Docker's, 2376 with TLS, else 2375.
 * Problems do not show the value, because it may contain a password.
 */
export function parseEngineHost(text: string, hasTls: boolean): EngineHost {
  if (text.startsWith('ssh://')) {
    return unusable('engines over ssh:// are not supported yet; use unix:// or tcp:// with tls');
  }
  if (text.startsWith('unix://')) {
    const path = text.slice('unix://'.length);
    if (!/^\/[^\p{Cc}]+$/u.test(path)) {
      return unusable('unix:// needs an absolute path; write unix:///var/run/docker.sock');
    }
    return { kind: 'unix', host: text };
  }
  if (!text.startsWith('tcp://')) return unusable(`is not an engine address; ${ENGINE_FORMS}`);
  return parseTcp(text.slice('tcp://'.length), hasTls);
}

function parseTcp(text: string, hasTls: boolean): EngineHost {
  const address = text.replace(/\/$/, '');
  if (address.includes('@')) {
    return unusable(
      'an engine address has no user name or password; remove them and authenticate with tls',
    );
  }
  const match = /^(\[[^[\]]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/.exec(address);
  const name = match?.[1];
  const port = Number(match?.[2] ?? (hasTls ? 2376 : 2375));
  if (name === undefined || port < 1 || port > 65_535) {
    return unusable(`tcp:// needs a host and a valid port; ${ENGINE_FORMS}`);
  }
  if (name.startsWith('[') && !isIPv6(name.slice(1, -1))) {
    return unusable('the address in [ ] is not IPv6; write e.g. tcp://[2001:db8::5]:2376');
  }
  return { kind: 'tcp', host: `tcp://${name}:${String(port)}` };
}

function unusable(problem: string): EngineHost {
  return { kind: 'unusable', problem };
}
