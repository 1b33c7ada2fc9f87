import type Docker from 'dockerode';
import { EngineRig } from '../test/support/engine-rig.js';
import type { RegistryClient } from '../test/support/registry-client.js';
import { RegistryRig } from '../test/support/registry-rig.js';

/** An engine and a registry that nobody else uses while something is measured. */
export interface Stage {
  readonly docker: Docker;
  readonly engineHost: string;
  readonly registry: RegistryClient;
  /** `127.0.0.1:PORT`, as in image references. */
  readonly registryHost: string;
}

/** Brings up both for the time of `work`. Only inside the sandbox. */
export async function withStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const [engine, registry] = await Promise.all([EngineRig.start(), RegistryRig.start()]);
  try {
    return await work({
      docker: engine.docker,
      engineHost: engine.host,
      registry: registry.client,
      registryHost: registry.host,
    });
  } finally {
    await registry.remove();
    await engine.remove();
  }
}
