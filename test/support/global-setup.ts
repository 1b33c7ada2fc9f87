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

interface Rig {
  readonly engine: EngineRig;
  readonly registry: RegistryRig;
}

/** In one process the projects load this file anew each: what they share is kept beside it. */
const shared = globalThis as { deployRig?: { readonly rig: Promise<Rig>; users: number } };

/** Builds `dist/` as it is shipped, and starts the engine and the registry that all e2e tests share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.deployRig ??= { rig: startRig(), users: 0 };
  const { deployRig } = shared;
  deployRig.users += 1;
  const { engine, registry } = await deployRig.rig;
  project.provide('sharedRig', { socket: engine.socket, registryPort: registry.port });
  return async () => {
    deployRig.users -= 1;
    if (deployRig.users > 0) return;
    await registry.remove();
    await engine.remove();
  };
}

async function startRig(): Promise<Rig> {
  const [engine, registry] = await Promise.all([
    EngineRig.start(),
    RegistryRig.start(),
    buildIfNeeded(console.log),
  ]);
  return { engine, registry };
}
