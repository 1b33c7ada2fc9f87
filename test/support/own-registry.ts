import { onTestFinished } from 'vitest';
import { REGISTRY_USER, RegistryRig } from './registry-rig.js';
import type { Stage } from './service-setup.js';
import { sharedRig } from './shared-rig.js';

/** A stage with a registry that a test may stop, cut or lock. */
export interface OwnRegistry {
  readonly rig: RegistryRig;
  readonly stage: Stage;
}

/** The shared engine with a registry of the test's own, removed after it. */
export async function ownRegistry(options: { readonly auth?: boolean } = {}): Promise<OwnRegistry> {
  const rig = await RegistryRig.start(options);
  onTestFinished(() => rig.remove());
  const { docker, engineHost } = sharedRig();
  const login = { ...REGISTRY_USER, serveraddress: rig.host };
  const stage = { docker, engineHost, registryHost: rig.host, registry: rig.client };
  return { rig, stage: options.auth === true ? { ...stage, login } : stage };
}
