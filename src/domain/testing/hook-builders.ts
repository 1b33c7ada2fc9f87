import type { ExecHook, HttpHook, RunHook } from '../settings/hook-settings.js';
import { Secret } from '../secrets/secret.js';

/** A command in the old container. */
export function anExecHook(parts: Partial<ExecHook> = {}): ExecHook {
  return {
    kind: 'exec',
    in: 'old',
    command: ['true'],
    timeoutMs: 60_000,
    onError: 'abort',
    ...parts,
  };
}

/** A one-off container with the image's own command. */
export function aRunHook(parts: Partial<RunHook> = {}): RunHook {
  return { kind: 'run', command: null, env: {}, timeoutMs: 60_000, onError: 'abort', ...parts };
}

/** An unsigned request. */
export function anHttpHook(parts: Partial<HttpHook> = {}): HttpHook {
  return {
    kind: 'http',
    method: 'POST',
    url: new Secret('https://ci.example.com/hooks/secret-part'),
    origin: 'https://ci.example.com',
    headers: {},
    secret: null,
    timeoutMs: 60_000,
    onError: 'abort',
    ...parts,
  };
}
