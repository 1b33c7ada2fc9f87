import { parseImageReference } from '../domain/image/image-reference.js';
import { DeployError } from '../domain/errors.js';
import { shown } from './shown.js';

/** A registry host as image references write it, or why the text is not one. */
export type RegistryHost =
  { readonly host: string; readonly isPlainHttp: boolean } | { readonly problem: string };

const FORMS = 'write the host as in image references, e.g. docker.io, ghcr.io or localhost:5000';

/**
 * Parses `docker.io`, `ghcr.io`, `localhost:5000`. A scheme before the host is allowed, and the names that
 * Docker's own files use for Docker Hub mean `docker.io`.
 */
export function parseRegistryHost(text: string): RegistryHost {
  if (text.includes('@')) return { problem: `a registry host cannot contain @; ${FORMS}` };
  const isPlainHttp = text.startsWith('http://');
  const bare = text.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
  if (bare === 'docker.io' || bare === 'index.docker.io') return { host: 'docker.io', isPlainHttp };
  try {
    if (parseImageReference(`${bare}/x`).domain === bare) return { host: bare, isPlainHttp };
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
  }
  return { problem: `${shown(text)} is not a registry host; ${FORMS}` };
}

/** Whether a registry host is this machine, to which plain http is always allowed. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
