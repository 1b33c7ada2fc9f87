import type { TestProject } from 'vitest/node';
import { buildIfNeeded } from '../../scripts/build-if-needed.js';
import { EngineRig } from './engine-rig.js';
import { RegistryRig } from './registry-rig.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The engine and registry that all e2e tests share; read it with `sharedRig()`. */
    readonly sharedRig: { readonly socket: string; readonly registryPort: number };
  }
}

/** Builds `dist/` as it is shipped, and starts the engine and the registry that all e2e tests share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [engine, registry] = await Promise.all([
    EngineRig.start(),
    RegistryRig.start(),
    buildIfNeeded(console.log),
  ]);
  project.provide('sharedRig', { socket: engine.socket, registryPort: registry.port });
  return async () => {
    await registry.remove();
    await engine.remove();
  };
}
