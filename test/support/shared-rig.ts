import Docker from 'dockerode';
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { RegistryClient } from './registry-client.js';

/** The engine and registry that e2e tests share. Never stop either; use names of your own in them. */
export interface SharedRig {
  /** The engine's socket. */
  readonly socket: string;
  /** For `engines.<name>.host` in a configuration. */
  readonly engineHost: string;
  readonly docker: Docker;
  /** `127.0.0.1:PORT`, as in image references. */
  readonly registryHost: string;
  readonly registry: RegistryClient;
}

export function sharedRig(): SharedRig {
  const { socket, registryPort } = inject('sharedRig');
  const registryHost = `127.0.0.1:${registryPort}`;
  return {
    socket,
    engineHost: `unix://${socket}`,
    docker: new Docker({ socketPath: socket }),
    registryHost,
    registry: new RegistryClient(`http://${registryHost}`, null),
  };
}

/** A name that no other test uses, good for containers, repositories and services. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}
