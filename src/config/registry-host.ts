import { parseImageReference } from '../domain/image/image-reference.js';
import { DeployError } from '../domain/errors.js';
import { shown } from './shown.js';

/** A registry as image references name it, or why it is none. */
export type RegistryHost =
  { readonly host: string; readonly isPlainHttp: boolean } | { readonly problem: string };

const FORMS = 'write the host as images name it, e.g. docker.io, ghcr.io or localhost:5000';

/**
 * Understands `docker.io`, `ghcr.io`, `localhost:5000`; a scheme may stand before the host, and the names
 * that Docker's own files have for Docker Hub mean `docker.io`.
 */
export function parseRegistryHost(text: string): RegistryHost {
  if (text.includes('@')) return { problem: `a registry's name holds an @; ${FORMS}` };
  const isPlainHttp = text.startsWith('http://');
  const bare = text.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
  if (bare === 'docker.io' || bare === 'index.docker.io') return { host: 'docker.io', isPlainHttp };
  try {
    if (parseImageReference(`${bare}/x`).domain === bare) return { host: bare, isPlainHttp };
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
  }
  return { problem: `${shown(text)} is not the host of a registry; ${FORMS}` };
}

/** Whether a registry's host is this machine, where plain http needs nobody's leave. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
